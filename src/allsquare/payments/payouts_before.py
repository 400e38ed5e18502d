"""Payouts from before an account was added here. They brought what others paid, so these books never had any of it."""

from __future__ import annotations

from collections.abc import Iterable

from allsquare.identity.models import Organization
from allsquare.payments.gateway import Outcome, Subject
from allsquare.payments.models import GatewayAccount, Payment


def payouts_before_added(
    organization: Organization, account: GatewayAccount, outcomes: Iterable[Outcome]
) -> frozenset[str]:
    """The names of those among ``outcomes`` that were sent before ``account`` was added. One with a payment of
    ours, or a refund or dispute of it, is none, whatever the provider's clock says."""
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
    about = {outcome.reference: _about(outcome) for outcome in early}
    names = frozenset[str]().union(*about.values())
    paid = Payment.objects.filter(organization=organization, gateway_account=account, reference__in=names)
    ours = frozenset(paid.values_list("reference", flat=True))
    return frozenset(payout for payout, names in about.items() if names.isdisjoint(ours))


def _about(outcome: Outcome) -> frozenset[str]:
    """The charges that its lines are of."""
    return frozenset(item.charge_reference or item.reference for item in outcome.payout_items)
