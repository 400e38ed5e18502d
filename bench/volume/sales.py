"""Customers, items, and invoices with lines, tax and links."""

from __future__ import annotations

from decimal import Decimal
from typing import LiteralString

import pgtrigger

from allsquare.billing.models import PayLink
from allsquare.billing.numbering import INVOICES
from allsquare.catalog.services.create_item import create_item
from allsquare.core import bulk
from allsquare.core.actor import SYSTEM
from bench.company import Company
from bench.multiply import multiply
from bench.volume.patterns import Patterns


def write(owner: Company, patterns: Patterns) -> None:
    _customers_and_items(owner)
    with pgtrigger.ignore(
        "billing.InvoiceLine:frozen", "billing.InvoiceTax:frozen"
    ):  # they are of issued ones
        _invoices(patterns)


def _customers_and_items(owner: Company) -> None:
    multiply(
        "customer",
        owner.customer.id,
        source="planned_customer s",
        columns={
            "id": "s.id",
            "name": "s.name",
            "email": "'accounts' || s.k || '@customer.example'",
            "created_at": "s.at",
        },
    )
    pattern = create_item(
        organization=owner.organization, name="Consulting", unit_price=Decimal("95.00"), actor=SYSTEM
    )
    multiply(
        "item",
        pattern.id,
        source="planned_item s",
        columns={
            "id": "s.id",
            "name": "s.name",
            "code": "'I-' || s.k",
            "unit_price": "(100 + s.k * 37 %% 90000) / 100.0",
        },
    )


def _invoices(patterns: Patterns) -> None:
    ((prefix, width, first),) = bulk.run(
        "SELECT prefix, width, next_number FROM number_series WHERE organization_id = %s AND kind = %s",
        [patterns.organization.id, INVOICES],
    )
    multiply(
        "invoice",
        patterns.invoice.id,
        source="planned_invoice s",
        parameters=[prefix, first - 1, width, first - 1],
        columns=_INVOICE,
    )
    bulk.run(
        """UPDATE number_series SET next_number = next_number + (SELECT coalesce(max(place), 0) FROM planned_invoice)
           WHERE organization_id = %s AND kind = %s""",
        [patterns.organization.id, INVOICES],
    )
    line = patterns.invoice.lines.order_by("position").first()
    tax = patterns.invoice.taxes.get()
    link = PayLink.objects.get(organization=patterns.organization, invoice=patterns.invoice)
    if line is None:
        raise LookupError("the pattern has no lines")
    multiply(
        "invoice_line",
        line.id,
        source="""(SELECT i.id AS invoice, i.at, i.k, j, t.id AS item, t.name, pg_temp.net(i.n, j) AS net
                   FROM planned_invoice i CROSS JOIN generate_series(1, 3) j
                       JOIN planned_item t ON t.k = (i.n + j) %% (SELECT count(*) FROM planned_item)
                   WHERE j <= i.lines ORDER BY i.n, j) s""",
        columns=_LINE,
    )
    multiply(
        "invoice_tax",
        tax.id,
        source="(SELECT * FROM planned_invoice ORDER BY n) s",
        columns={
            "id": "uuidv7(s.at - now())",
            "invoice_id": "s.id",
            "base_minor": "s.net",
            "tax_minor": "s.tax",
        },
    )
    multiply(
        "pay_link",
        link.id,
        source="(SELECT * FROM planned_invoice WHERE fate <> 'draft' ORDER BY n) s",
        columns={
            "id": "uuidv7(s.at - now())",
            "invoice_id": "s.id",
            "token_hash": "sha256(uuid_send(s.id))",
            "created_at": "s.at",
        },
    )


_ISSUED: LiteralString = "CASE WHEN s.fate <> 'draft' THEN {} END"
_INVOICE: dict[LiteralString, LiteralString] = {
    "id": "s.id",
    "customer_id": "s.customer",
    "number": _ISSUED.format(
        "%s || lpad((%s + s.place)::text, greatest(%s, length((%s + s.place)::text)), '0')"
    ),
    "state": "s.state",
    "currency": "s.currency",
    "reference": "CASE WHEN s.n %% 4 = 0 THEN 'PO-' || s.n ELSE '' END",
    "issued_on": _ISSUED.format("s.day"),
    "supplied_on": _ISSUED.format("s.day"),
    "due_on": _ISSUED.format("s.day + s.days"),
    "payment_days": "s.days",
    "net_minor": "s.net",
    "tax_minor": "s.tax",
    "total_minor": "s.total",
    "paid_minor": "s.paid",
    "base_rate": _ISSUED.format("s.rate"),
    "base_total_minor": _ISSUED.format("s.base"),
    "buyer": "CASE WHEN s.fate = 'draft' THEN '{}' ELSE p.buyer || jsonb_build_object('name', s.customer_name) END",
    "seller": "CASE WHEN s.fate = 'draft' THEN '{}' ELSE p.seller END",
    "created_at": "s.at",
    "issued_at": _ISSUED.format("s.at"),
    "sent_at": _ISSUED.format("s.at"),
    "viewed_at": "CASE WHEN s.state IN ('viewed', 'paid', 'partly_paid') THEN s.at + interval '3 hours' END",
    "paid_at": "CASE WHEN s.state = 'paid' THEN s.paid_at END",
    "voided_at": "CASE WHEN s.state = 'void' THEN s.at + interval '2 days' END",
    "void_reason": "CASE WHEN s.state = 'void' THEN 'Ordered by mistake' ELSE '' END",
}
_LINE: dict[LiteralString, LiteralString] = {
    "id": "uuidv7(s.at - now())",
    "invoice_id": "s.invoice",
    "position": "s.j",
    "item_id": "s.item",
    "description": "s.name",
    "quantity": "1",
    "unit_price": "s.net / 100.0",
    "amount_minor": "s.net",
    "net_minor": "s.net",
    "tax_minor": "pg_temp.tax(s.net)",
    "total_minor": "s.net + pg_temp.tax(s.net)",
}
