"""Thousands of started payments of issued invoices, in seconds: copies of one that the real services made.

What settling reads, locks and writes is the same as for its pattern. Lines and the booking of the issue, which
settling never touches, are not copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from allsquare.billing.models import Invoice
from allsquare.core import bulk, clock
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from bench.company import Company, issued_invoice
from bench.multiply import multiply


@dataclass(frozen=True, slots=True)
class Pattern:
    """A payment that was started and not answered yet."""

    invoice: Invoice
    payment: Payment
    attempt: PaymentAttempt

    @property
    def amount(self) -> Money:
        return Money(self.payment.amount_minor, currency(self.payment.currency))


def pattern(owner: Company, account: GatewayAccount) -> Pattern:
    """As ``start_payment`` leaves it before it calls the provider of ``account``."""
    invoice = issued_invoice(owner)
    at = clock.now(owner.organization)
    payment = Payment.objects.create(
        organization=owner.organization,
        customer=owner.customer,
        invoice=invoice,
        gateway_account=account,
        gateway=account.gateway,
        method="card",
        currency=invoice.currency,
        amount_minor=invoice.total_minor,
        key=str(new_id()),
        input_hash=bytes(32),
        created_at=at,
        next_check_at=at,
    )
    attempt = PaymentAttempt.objects.create(organization=owner.organization, payment=payment, started_at=at)
    return Pattern(invoice, payment, attempt)


def copies(of: Pattern, count: int) -> list[UUID]:
    """``count`` more like it; returns the ids of their attempts."""
    payments, attempts = ([new_id() for _ in range(count)] for _ in range(2))
    with transaction.atomic():
        invoices = invoice_copies(of, count)
        multiply(
            "payment",
            of.payment.id,
            source="unnest(%s::uuid[], %s::uuid[]) AS s(payment, invoice)",
            columns={"id": "s.payment", "invoice_id": "s.invoice", "key": "s.payment::text"},
            parameters=[payments, invoices],
        )
        multiply(
            "payment_attempt",
            of.attempt.id,
            source="unnest(%s::uuid[], %s::uuid[]) AS s(attempt, payment)",
            columns={"id": "s.attempt", "payment_id": "s.payment"},
            parameters=[attempts, payments],
        )
    return attempts


def invoice_copies(of: Pattern, count: int) -> list[UUID]:
    """``count`` issued invoices like its own, of which no payment was started; returns their ids."""
    invoices = [new_id() for _ in range(count)]
    multiply(
        "invoice",
        of.invoice.id,
        source="unnest(%s::uuid[]) AS s(invoice)",
        columns={"id": "s.invoice", "number": "p.number || '-' || right(s.invoice::text, 16)"},
        parameters=[invoices],
    )
    return invoices


def tidy() -> None:
    """Fresh statistics and an empty write-ahead log, so that every round begins alike."""
    bulk.run("VACUUM ANALYZE")
    bulk.run("CHECKPOINT")
