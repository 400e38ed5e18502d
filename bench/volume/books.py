"""The bookings of what was planned, as ``billing.postings`` and ``payments.postings`` make them."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

from allsquare.core import bulk
from allsquare.ledger import selectors as ledger
from allsquare.ledger.chart import AccountRole as Role
from bench.company import Company
from bench.multiply import multiply

_ENTRIES: tuple[tuple[LiteralString, LiteralString, LiteralString], ...] = (
    (
        "invoice.issued",
        "(SELECT entry, id AS source, day, at, place, NULL::uuid AS undone FROM planned_invoice"
        " WHERE fate <> 'draft' ORDER BY n) s",
        "invoice",
    ),
    (
        "invoice.voided",
        "(SELECT uuidv7(at - now() + interval '2 days') AS entry, id AS source, day + 2 AS day,"
        " at + interval '2 days' AS at, place, entry AS undone FROM planned_invoice WHERE fate = 'void' ORDER BY n) s",
        "invoice",
    ),
    (
        "payment.settled",
        "(SELECT entry, id AS source, day, at, place, NULL::uuid AS undone FROM planned_payment ORDER BY at) s",
        "payment",
    ),
    (
        "refund.settled",
        "(SELECT refund_entry AS entry, refund AS source, day + 5 AS day, at + interval '5 days' AS at, place,"
        " NULL::uuid AS undone FROM planned_payment WHERE fate = 'back' ORDER BY at) s",
        "refund",
    ),
)

#: Account, amount, base amount, customer and document of the lines of each kind of entry.
_ISSUED: LiteralString = """(SELECT e.id AS entry, e.date, e.posted_at, i.currency, l.*
    FROM planned_invoice i JOIN journal_entry e
        ON e.organization_id = %s AND e.kind = %s AND e.source_id = i.id
    CROSS JOIN LATERAL (VALUES
        (1, %s::uuid, i.total, i.base, i.customer, i.id),
        (2, %s::uuid, -i.net, i.tax_base - i.base, NULL, i.id),
        (3, %s::uuid, -i.tax, -i.tax_base, NULL, i.id)) l (place, account, amount, base, customer, document)
    WHERE l.amount <> 0 OR l.base <> 0 ORDER BY e.posted_at, l.place) s"""
_VOIDED: LiteralString = """(SELECT e.id AS entry, e.date, e.posted_at, i.currency, l.*
    FROM planned_invoice i JOIN journal_entry e
        ON e.organization_id = %s AND e.kind = %s AND e.source_id = i.id
    CROSS JOIN LATERAL (VALUES
        (1, %s::uuid, -i.total, -i.base, i.customer, i.id),
        (2, %s::uuid, i.net, i.base - i.tax_base, NULL, i.id),
        (3, %s::uuid, i.tax, i.tax_base, NULL, i.id)) l (place, account, amount, base, customer, document)
    WHERE l.amount <> 0 OR l.base <> 0 ORDER BY e.posted_at, l.place) s"""
_SETTLED: LiteralString = """(SELECT e.id AS entry, e.date, e.posted_at, i.currency, l.*
    FROM planned_payment i JOIN journal_entry e
        ON e.organization_id = %s AND e.kind = %s AND e.source_id = i.id
    CROSS JOIN LATERAL (VALUES
        (1, CASE i.method WHEN 'card' THEN %s::uuid WHEN 'cash' THEN %s::uuid ELSE %s::uuid END,
            i.amount - i.fee, i.cut - i.fee_base, NULL, NULL),
        (2, %s::uuid, i.fee, i.fee_base, NULL, NULL),
        (3, %s::uuid, -i.amount, -i.cut, i.customer, i.invoice)) l (place, account, amount, base, customer, document)
    WHERE l.amount <> 0 OR l.base <> 0 ORDER BY e.posted_at, l.place) s"""
_GIVEN_BACK: LiteralString = """(SELECT e.id AS entry, e.date, e.posted_at, i.currency, l.*
    FROM planned_payment i JOIN journal_entry e
        ON e.organization_id = %s AND e.kind = %s AND e.source_id = i.refund
    CROSS JOIN LATERAL (VALUES
        (1, CASE i.method WHEN 'card' THEN %s::uuid WHEN 'cash' THEN %s::uuid ELSE %s::uuid END,
            -i.amount, -i.cut, NULL, NULL),
        (2, %s::uuid, i.amount, i.cut, i.customer, i.invoice)) l (place, account, amount, base, customer, document)
    WHERE l.amount <> 0 OR l.base <> 0 ORDER BY e.posted_at, l.place) s"""


def write(owner: Company, invoice: UUID, payment: UUID) -> None:
    """Entries, then their lines; ``invoice`` and ``payment`` are patterns that were booked by the services."""
    entries = {each.entry.kind: each for each in ledger.entries_of(owner.organization, [invoice, payment])}
    pattern = entries["payment.settled"]
    for kind, source, source_type in _ENTRIES:
        multiply(
            "journal_entry",
            pattern.entry.id,
            source=source,
            parameters=[kind, source_type],
            columns={
                "id": "s.entry",
                "date": "s.day",
                "kind": "%s",
                "source_type": "%s",
                "source_id": "s.source",
                "memo": "'Invoice ' || s.place",
                "reverses_id": "s.undone",
                "posted_at": "s.at",
            },
        )
    bulk.run("ANALYZE journal_entry")
    _lines(owner, pattern.lines[0].id)


def _lines(owner: Company, pattern: UUID) -> None:
    organization = owner.organization
    chart = ledger.chart(organization)
    money = [
        chart.account(Role.CLEARING, str(owner.account.id)),
        chart.account(Role.CASH),
        chart.account(Role.BANK),
    ]
    sold = [chart.account(Role.RECEIVABLE), chart.account(Role.SALES), chart.account(Role.TAX_PAYABLE)]
    receivable, fees = chart.account(Role.RECEIVABLE), chart.account(Role.GATEWAY_FEES)
    kinds: tuple[tuple[LiteralString, LiteralString, list[UUID]], ...] = (
        ("invoice.issued", _ISSUED, sold),
        ("invoice.voided", _VOIDED, sold),
        ("payment.settled", _SETTLED, [*money, fees, receivable]),
        ("refund.settled", _GIVEN_BACK, [*money, receivable]),
    )
    for kind, rows, accounts in kinds:
        multiply(
            "journal_line",
            pattern,
            source=rows,
            parameters=[organization.id, kind, *accounts],
            columns={
                "id": "uuidv7(s.posted_at - now())",
                "entry_id": "s.entry",
                "account_id": "s.account",
                "amount_minor": "s.amount",
                "currency": "s.currency",
                "base_minor": "s.base",
                "date": "s.date",
                "customer_id": "s.customer",
                "document_id": "s.document",
            },
        )
