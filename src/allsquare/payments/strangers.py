"""Lines of payouts from before the money of others was told apart (``whose``): nothing is kept of what they are, and
our clearing account gave all of it. Those of which nothing here knows are looked for anew at each reading."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Sum

from allsquare.identity.models import Organization
from allsquare.payments.gateway import ROUNDING, ItemKind
from allsquare.payments.models import Dispute, Payment, Payout, PayoutItem, Refund
from allsquare.payments.states import PayoutState


def is_strange(item: PayoutItem) -> bool:
    """Of a line that no payment, refund, dispute or earlier payout of ours explains. What takes money is a provider's
    own charge, or cannot be told from one."""
    return item.kind == ItemKind.UNTOLD and item.net_minor > 0 and item.reference != ROUNDING


def strange_sums(organization: Organization, accounts: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """What such lines brought so far, by gateway account and currency."""
    found = _strange(organization, accounts).values_list("payout__gateway_account_id", "payout__currency")
    return {
        (account, currency): int(total)
        for account, currency, total in found.order_by().annotate(total=Sum("net_minor"))
    }


def _bare(organization: Organization, accounts: Collection[UUID]) -> QuerySet[PayoutItem]:
    """Lines that brought money and were no charge of ours when their payout was told of."""
    return PayoutItem.objects.filter(
        organization=organization,
        payout__gateway_account__in=accounts,
        payout__state=PayoutState.PAID,
        payment=None,
        kind=ItemKind.UNTOLD,
        net_minor__gt=0,
    ).exclude(reference=ROUNDING)


def _strange(organization: Organization, accounts: Collection[UUID]) -> QuerySet[PayoutItem]:
    named = OuterRef("reference")
    holder = OuterRef("payout__gateway_account")
    ours = (
        Payment.objects.filter(organization=organization, gateway_account=holder, reference=named),
        Refund.objects.filter(organization=organization, payment__gateway_account=holder, reference=named),
        Dispute.objects.filter(organization=organization, payment__gateway_account=holder, reference=named),
        Payout.objects.filter(
            organization=organization, gateway_account=holder, state=PayoutState.FAILED, reference=named
        ),
    )
    items = _bare(organization, accounts)
    for each in ours:
        items = items.exclude(Exists(each))
    return items
