"""What has had no end for too long is shown to people. The system does this by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeVar

from django.db.models import Exists, OuterRef, QuerySet

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.attention import (
    DISPUTE_LEFT_OPEN,
    LEFT_OPEN,
    PAYMENT_LEFT_OPEN,
    REFUND_LEFT_OPEN,
)
from allsquare.payments.left_open import disputes_left_open, ended, payments_left_open, refunds_left_open
from allsquare.payments.models import Attention, Dispute, GatewayAccount, Payment, Refund
from allsquare.payments.resolving import resolve

Row = TypeVar("Row", Payment, Refund, Dispute)

#: Tasks of each kind that are raised in one round; whoever has more has them after the next rounds.
MOST: Final = 100


@retrying
def raise_left_open(*, organization: Organization) -> int:
    """A task for each payment, refund and dispute, once; those of what has ended since are done. Returns how many
    were raised and done. A fixed number of queries."""
    now = clock.now(organization)
    over = ended(organization, LEFT_OPEN).order_by("id").values_list("id", flat=True)[:MOST]
    news = resolve(ended(organization, LEFT_OPEN).filter(id__in=list(over)), at=now)
    tasks = [
        Attention(
            organization=organization,
            kind=kind,
            subject_type=subject_type,
            subject_id=row.id,
            data=_facts(organization, row, account),
            created_at=now,
        )
        for kind, subject_type, row, account in _found(organization, now)
    ]
    Attention.objects.bulk_create(tasks, ignore_conflicts=True)
    # Another worker may have raised some of them in this moment: those rows are its own.
    mine = Attention.objects.filter(organization=organization, id__in=[task.id for task in tasks])
    news += [
        News("attention.raised", task.subject_type, task.subject_id, {"kind": task.kind, **task.data})
        for task in mine.order_by("id")
    ]
    record(organization_id=organization.id, news=news, actor=SYSTEM, at=now)
    return len(news)


def _found(
    organization: Organization, now: datetime
) -> Iterator[tuple[str, str, Payment | Refund | Dispute, GatewayAccount]]:
    payments = _untold(organization, payments_left_open(organization, now), PAYMENT_LEFT_OPEN)
    refunds = _untold(organization, refunds_left_open(organization, now), REFUND_LEFT_OPEN)
    disputes = _untold(organization, disputes_left_open(organization, now), DISPUTE_LEFT_OPEN)
    yield from ((PAYMENT_LEFT_OPEN, "payment", row, row.gateway_account) for row in payments)
    yield from ((REFUND_LEFT_OPEN, "refund", row, row.payment.gateway_account) for row in refunds)
    yield from ((DISPUTE_LEFT_OPEN, "dispute", row, row.payment.gateway_account) for row in disputes)


def _untold(organization: Organization, rows: QuerySet[Row], kind: str) -> QuerySet[Row]:
    """The oldest of those of which no task was raised yet; one that a person did is not raised again."""
    told = Attention.objects.filter(organization=organization, kind=kind, subject_id=OuterRef("id"))
    return rows.exclude(Exists(told)).order_by("id")[:MOST]


def _facts(organization: Organization, row: Payment | Refund | Dispute, account: GatewayAccount) -> Data:
    began = row.opened_at if isinstance(row, Dispute) else row.created_at
    return {
        "provider": account.label,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "since": clock.local(organization, began).date().isoformat(),
    }
