"""News of a charge, a refund, a dispute or a payout came after that of the payout which contains it: what seemed to be
of others there is ours. The system sees it by itself."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from allsquare.core import clock
from allsquare.core.transactions import retrying, serialize
from allsquare.identity.models import Organization
from allsquare.payments.gateway import ItemKind
from allsquare.payments.models import Dispute, Payment, Payout, PayoutItem, Refund
from allsquare.payments.settlement.found import look_again


@retrying
def find_ours(
    *, organization: Organization, payment_ids: Collection[UUID], payout_ids: Collection[UUID]
) -> int:
    """Of payments to which something happened, and of payouts that were sent or came back; returns of how many payouts
    another part is ours now. A payment is found whichever of the two was committed first: each is looked for after
    both are. Repeats change nothing. Raises ``PeriodClosed``, ``RateMissing``."""
    doubtful = PayoutItem.objects.filter(organization=organization).exclude(
        others_minor=0, others_fee_minor=0
    )
    names = _names(organization, payment_ids) if payment_ids and doubtful.exists() else set()
    if not names and not payout_ids:
        return 0
    accounts = set(
        doubtful.filter(about__in=names).values_list("payout__gateway_account_id", flat=True).distinct()
    )
    told = Payout.objects.filter(organization=organization, id__in=payout_ids)
    accounts |= set(told.values_list("gateway_account_id", flat=True).distinct())
    again = PayoutItem.objects.filter(
        organization=organization, kind=ItemKind.PAYOUT, reference__in=told.values("reference")
    )
    # An account that was connected anew may bring again what went out before.
    accounts |= set(again.values_list("payout__gateway_account_id", flat=True).distinct())
    found = 0
    for account in sorted(accounts):
        serialize(f"payouts {account}")
        found += look_again(
            organization,
            account,
            names,
            payout_ids,
            on=clock.today(organization),
            at=clock.now(organization),
        )
    return found


def _names(organization: Organization, payment_ids: Collection[UUID]) -> set[str]:
    """By which the provider calls these payments, and what happened to them."""
    payments = Payment.objects.filter(organization=organization, id__in=payment_ids)
    refunds = Refund.objects.filter(organization=organization, payment__in=payment_ids)
    disputes = Dispute.objects.filter(organization=organization, payment__in=payment_ids)
    found = (rows.values_list("reference", flat=True) for rows in (payments, refunds, disputes))
    return {name for names in found for name in names if name}
