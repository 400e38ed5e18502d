"""Payments with what they paid, refunds, what the provider told of them, and tasks for a person."""

from __future__ import annotations

from typing import LiteralString

from allsquare.core import clock
from allsquare.payments.models import Allocation, Attention, InboxEvent, PaymentAttempt, Refund
from bench.company import Company
from bench.multiply import multiply
from bench.volume.patterns import Patterns


def write(owner: Company, patterns: Patterns) -> None:
    _payments(patterns, owner)
    _refunds(patterns)
    _inbox(patterns, owner)
    _tasks(patterns)


def _payments(patterns: Patterns, owner: Company) -> None:
    multiply(
        "payment",
        patterns.payment.id,
        source="planned_payment s",
        parameters=[owner.by_hand.id],
        columns=_PAYMENT,
    )
    multiply(
        "payment",
        patterns.payment.id,
        source="(SELECT *, uuidv7(at - now() - interval '1 hour') AS tried FROM planned_payment "
        "WHERE card AND n %% 20 = 3 AND part = 1 ORDER BY at) s",
        columns=_DECLINED,
    )
    attempt = PaymentAttempt.objects.get(organization=patterns.organization, payment=patterns.payment)
    multiply(
        "payment_attempt",
        attempt.id,
        source="planned_payment s",
        columns={"id": "s.attempt", "payment_id": "s.id", "started_at": "s.at", "answered_at": "s.at"},
    )
    allocation = Allocation.objects.get(organization=patterns.organization, payment=patterns.payment)
    multiply("allocation", allocation.id, source="planned_payment s", columns=_ALLOCATION)


_PAYMENT: dict[LiteralString, LiteralString] = {
    "id": "s.id",
    "customer_id": "s.customer",
    "invoice_id": "s.invoice",
    "gateway_account_id": "CASE WHEN s.card THEN p.gateway_account_id ELSE %s END",
    "gateway": "CASE WHEN s.card THEN p.gateway ELSE 'offline' END",
    "method": "s.method",
    "currency": "s.currency",
    "amount_minor": "s.amount",
    "captured_minor": "s.amount",
    "fee_minor": "s.fee",
    "refunded_minor": "CASE WHEN s.fate = 'back' THEN s.amount ELSE 0 END",
    "reference": "'ch_' || replace(s.id::text, '-', '')",
    "key": "s.id::text",
    "received_on": "s.day",
    "created_at": "s.at",
    "settled_at": "s.at",
}
_DECLINED: dict[LiteralString, LiteralString] = {
    "id": "s.tried",
    "customer_id": "s.customer",
    "invoice_id": "s.invoice",
    "currency": "s.currency",
    "amount_minor": "s.amount",
    "captured_minor": "0",
    "fee_minor": "0",
    "state": "'declined'",
    "reference": "'ch_' || replace(s.tried::text, '-', '')",
    "key": "s.tried::text",
    "failure_code": "'card_declined'",
    "failure_message": "'Your bank declined the card.'",
    "received_on": "NULL",
    "created_at": "s.at - interval '1 hour'",
    "settled_at": "s.at - interval '1 hour'",
}
_ALLOCATION: dict[LiteralString, LiteralString] = {
    "id": "uuidv7(s.at - now())",
    "payment_id": "s.id",
    "invoice_id": "s.invoice",
    "source_id": "s.id",
    "amount_minor": "s.amount",
    "base_minor": "s.cut",
    "currency": "s.currency",
    "created_at": "s.at",
}


def _refunds(patterns: Patterns) -> None:
    """What was paid goes back whole after five days."""
    at = clock.now(patterns.organization)
    pattern = Refund(
        organization=patterns.organization,
        payment=patterns.payment,
        currency=patterns.payment.currency,
        amount_minor=1,
        state="failed",  # the pattern itself gave nothing back
        key=str(patterns.payment.id),
        created_at=at,
    )
    pattern.save()
    allocation = Allocation.objects.get(organization=patterns.organization, payment=patterns.payment)
    multiply(
        "refund",
        pattern.id,
        source="(SELECT * FROM planned_payment WHERE fate = 'back' ORDER BY at) s",
        columns={
            "id": "s.refund",
            "payment_id": "s.id",
            "currency": "s.currency",
            "amount_minor": "s.amount",
            "state": "'succeeded'",
            "reference": "'re_' || replace(s.refund::text, '-', '')",
            "key": "s.refund::text",
            "reason": "'Agreed rebate'",
            "created_at": "s.at + interval '5 days'",
            "settled_at": "s.at + interval '5 days'",
        },
    )
    multiply(
        "allocation",
        allocation.id,
        source="(SELECT * FROM planned_payment WHERE fate = 'back' ORDER BY at) s",
        columns={
            **_ALLOCATION,
            "source_id": "s.refund",
            "amount_minor": "-s.amount",
            "base_minor": "-s.cut",
            "created_at": "s.at + interval '5 days'",
        },
    )


def _inbox(patterns: Patterns, owner: Company) -> None:
    """The provider's news of every tenth charge, a few of them parked."""
    at = clock.now(patterns.organization)
    delivery = InboxEvent.objects.create(
        organization=patterns.organization,
        gateway_account=owner.account,
        external_id="pattern",
        kind="charge.succeeded",
        object_reference="ch_pattern",
        payload={"id": "ch_pattern", "status": "succeeded"},
        state="done",
        received_at=at,
        next_try_at=at,
        done_at=at,
    )
    multiply(
        "inbox_event",
        delivery.id,
        source="(SELECT * FROM planned_payment WHERE card AND n %% 10 = 0 ORDER BY at) s",
        columns={
            "id": "uuidv7(s.at - now())",
            "external_id": "s.id::text",
            "object_reference": "'ch_' || replace(s.id::text, '-', '')",
            "state": "CASE WHEN s.n %% 5000 = 0 THEN 'parked' ELSE 'done' END",
            "received_at": "s.at",
            "next_try_at": "s.at",
            "done_at": "s.at",
            "payment_id": "s.id",
        },
    )


def _tasks(patterns: Patterns) -> None:
    task = Attention.objects.create(
        organization=patterns.organization,
        kind="overpaid",
        subject_type="payment",
        subject_id=patterns.payment.id,
        data={"text": "More came than was asked for."},
        created_at=clock.now(patterns.organization),
    )
    multiply(
        "attention",
        task.id,
        source="(SELECT * FROM planned_payment WHERE n %% 2000 = 1 ORDER BY at) s",
        columns={
            "id": "uuidv7(s.at - now())",
            "subject_id": "s.id",
            "created_at": "s.at",
            "resolved_at": "CASE WHEN s.n %% 20000 <> 1 THEN s.at + interval '1 day' END",
        },
    )
