"""What has been without an end for so long that its provider will hardly say one any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.models import Attention, Dispute, Payment, Refund
from allsquare.payments.plan import UNDECIDED
from allsquare.payments.registry import adapters_with
from allsquare.payments.states import REFUND_OPEN, DisputeState, PaymentState, RefundState
from allsquare.payments.under_way import is_at_reader, is_awaited

P = PaymentState

#: Nobody knows whether money moves. The provider was asked each quarter of an hour, and no outage lasts for a week.
UNANSWERED: Final = timedelta(days=7)
#: A debit is decided within two weeks in every scheme, and a bank that is late says the day itself (``expected_on``).
UNDER_WAY: Final = timedelta(days=30)
#: No provider's page can be paid on for so long. Nothing waits for it, so nobody is asked to look at it.
PAGE: Final = timedelta(days=30)
#: A refund is with the payer's bank within ten working days.
REFUND: Final = timedelta(days=14)
#: A bank decides within two months of the last day to answer.
DISPUTE: Final = timedelta(days=60)
#: The last day to answer is a month after it was opened, at most; where nobody waits for an answer it is not kept.
ANSWER: Final = timedelta(days=30)


def payment_left_since(payment: Payment) -> datetime | None:
    """When it counts as left open, by the organization's time; ``None`` for what has ended, and for a transfer to the
    business itself, which is waited for as long as it likes."""
    if payment.state in UNDECIDED or is_at_reader(payment):
        return payment.created_at + UNANSWERED
    if payment.state == P.NEEDS_ACTION:
        return payment.created_at + PAGE
    if payment.state != P.PENDING or is_awaited(payment):
        return None
    expected = payment.expected_on
    end = datetime.combine(expected, time.min, UTC) if expected else payment.created_at
    return max(end, payment.created_at) + UNDER_WAY


def refund_left_since(refund: Refund) -> datetime | None:
    return refund.created_at + REFUND if RefundState(refund.state) in REFUND_OPEN else None


def dispute_left_since(dispute: Dispute) -> datetime | None:
    if dispute.state != DisputeState.OPENED:
        return None
    return (dispute.evidence_by or dispute.opened_at + ANSWER) + DISPUTE


def payments_left_open(organization: Organization, now: datetime) -> QuerySet[Payment]:
    """Those of which a person should know. Pages that nobody paid on are not among them."""
    unanswered = Q(state__in=UNDECIDED) | (Q(state=P.NEEDS_ACTION) & ~Q(reader=""))
    awaited = Q(gateway__in=adapters_with(Capability.AWAITED))
    late = Q(expected_on=None) | Q(expected_on__lte=(now - UNDER_WAY).date())
    under_way = Q(state=P.PENDING, created_at__lte=now - UNDER_WAY) & late & ~awaited
    found = Payment.objects.filter(
        Q(unanswered, created_at__lte=now - UNANSWERED) | under_way,
        organization=organization,
        state__in=(*UNDECIDED, P.NEEDS_ACTION, P.PENDING),
    )
    return found.select_related("gateway_account")


def refunds_left_open(organization: Organization, now: datetime) -> QuerySet[Refund]:
    found = Refund.objects.filter(
        organization=organization, state__in=REFUND_OPEN, created_at__lte=now - REFUND
    )
    return found.select_related("payment__gateway_account")


def disputes_left_open(organization: Organization, now: datetime) -> QuerySet[Dispute]:
    decided = Q(evidence_by__lte=now - DISPUTE) | Q(evidence_by=None, opened_at__lte=now - ANSWER - DISPUTE)
    found = Dispute.objects.filter(decided, organization=organization, state=DisputeState.OPENED)
    return found.select_related("payment__gateway_account")


def ended(organization: Organization, kinds: Collection[str]) -> QuerySet[Attention]:
    """Tasks of ``kinds`` that wait, and whose payment, refund or dispute is open no more."""
    open_there = (
        Payment.objects.filter(
            organization=organization,
            id=OuterRef("subject_id"),
            state__in=(*UNDECIDED, P.NEEDS_ACTION, P.PENDING),
        ),
        Refund.objects.filter(organization=organization, id=OuterRef("subject_id"), state__in=REFUND_OPEN),
        Dispute.objects.filter(
            organization=organization, id=OuterRef("subject_id"), state=DisputeState.OPENED
        ),
    )
    found = Attention.objects.filter(organization=organization, kind__in=list(kinds), resolved_at=None)
    for still in open_there:
        found = found.exclude(Exists(still))
    return found
