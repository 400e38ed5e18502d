"""Thousands of started payments of issued invoices, in seconds: copies of one that the real services made.

What settling reads, locks and writes is the same as for its pattern. Lines and the booking of the issue, which
settling never touches, are not copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from django.db import connection, transaction
from psycopg import sql

from allsquare.billing.models import Invoice
from allsquare.core import bulk, clock
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.payments.models import Payment, PaymentAttempt
from bench.company import Company, issued_invoice


@dataclass(frozen=True, slots=True)
class Pattern:
    """A payment that was started and not answered yet."""

    invoice: Invoice
    payment: Payment
    attempt: PaymentAttempt

    @property
    def amount(self) -> Money:
        return Money(self.payment.amount_minor, currency(self.payment.currency))


def pattern(owner: Company) -> Pattern:
    """As ``start_payment`` leaves it before it calls the provider."""
    invoice = issued_invoice(owner)
    at = clock.now(owner.organization)
    payment = Payment.objects.create(
        organization=owner.organization,
        customer=owner.customer,
        invoice=invoice,
        gateway_account=owner.account,
        gateway=owner.account.gateway,
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
    invoices, payments, attempts = ([new_id() for _ in range(count)] for _ in range(3))
    with transaction.atomic():
        names = [f"{of.invoice.number}-{identity.hex[-16:]}" for identity in invoices]
        _copy("invoice", of.invoice.id, {"id": ("uuid", invoices), "number": ("text", names)})
        keys = [str(identity) for identity in payments]
        _copy(
            "payment",
            of.payment.id,
            {"id": ("uuid", payments), "invoice_id": ("uuid", invoices), "key": ("text", keys)},
        )
        _copy("payment_attempt", of.attempt.id, {"id": ("uuid", attempts), "payment_id": ("uuid", payments)})
    return attempts


def tidy() -> None:
    """Fresh statistics and an empty write-ahead log, so that every round begins alike."""
    bulk.run("VACUUM ANALYZE")
    bulk.run("CHECKPOINT")


def _copy(
    table: LiteralString, row: UUID, changed: dict[str, tuple[LiteralString, Sequence[object]]]
) -> None:
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    kept = [
        sql.SQL("{}.{}").format(sql.Identifier("n" if column in changed else "t"), sql.Identifier(column))
        for column in columns
    ]
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {kept} FROM {table} t, unnest({arrays}) AS n({names}) WHERE t.id = %s"
    ).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        kept=sql.SQL(", ").join(kept),
        arrays=sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for kind, _ in changed.values()),
        names=sql.SQL(", ").join(map(sql.Identifier, changed)),
    )
    bulk.run(statement, [*(values for _, values in changed.values()), row])
