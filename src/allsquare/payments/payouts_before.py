"""Payouts from before an account was added here. They brought what others paid, so these books never had any of it."""

from __future__ import annotations

from collections.abc import Iterable

from allsquare.identity.models import Organization
from allsquare.payments.gateway import Outcome, Subject
from allsquare.payments.models import GatewayAccount, Payment


def payouts_before_added(
    organization: Organization, account: GatewayAccount, outcomes: Iterable[Outcome]
) -> frozenset[str]:
    """The names of those among ``outcomes`` that were sent before ``account`` was added. One that contains a payment of
    ours is none, whatever the provider's clock says."""
    if account.added_at is None:
        return frozenset()
    since = account.added_at.replace(microsecond=0)  # providers tell whole seconds
    early = [
        outcome
        for outcome in outcomes
        if outcome.subject is Subject.PAYOUT and outcome.happened_at and outcome.happened_at < since
    ]
    if not early:
        return frozenset()
    names = {item.reference for outcome in early for item in outcome.payout_items}
    paid = Payment.objects.filter(organization=organization, gateway_account=account, reference__in=names)
    ours = frozenset(paid.values_list("reference", flat=True))
    return frozenset(
        outcome.reference
        for outcome in early
        if ours.isdisjoint(item.reference for item in outcome.payout_items)
    )
