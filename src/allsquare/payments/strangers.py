"""Lines of payouts that brought money of which nothing here knows. Somebody else uses the same account at the provider,
or the news of a payment is still to come: nothing says which, so they are looked for anew at each reading."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Sum

from allsquare.identity.models import Organization
from allsquare.payments.gateway import ROUNDING
from allsquare.payments.models import Dispute, GatewayAccount, Payment, Payout, PayoutItem, Refund
from allsquare.payments.states import PayoutState

LOOKS_BACK: Final = timedelta(days=35)


def is_strange(item: PayoutItem) -> bool:
    """Of a line that no payment, refund, dispute or earlier payout of ours explains. What takes money is a provider's
    own charge, or cannot be told from one."""
    return item.net_minor > 0 and item.reference != ROUNDING


def was_strange(organization: Organization, account: GatewayAccount, *, until: datetime) -> bool:
    """Did a payout of the month before ``until``, early enough for all news of its payments, bring such money?"""
    of_month = {"payout__created_at__lt": until, "payout__created_at__gt": until - LOOKS_BACK}
    unexplained = _bare(organization, [account.id]).filter(**of_month)
    # Mostly there is no line to ask about, and the dearer question is not put.
    return unexplained.exists() and _strange(organization, [account.id]).filter(**of_month).exists()


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
