"""Issuing: the number is taken, both parties are frozen, the books are posted, the link is made, together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import InvoiceUnknown, NotADraft, NotIssuable
from allsquare.billing.links import make_links
from allsquare.billing.models import Invoice, InvoiceTax
from allsquare.billing.numbering import NumbersTaken, take_numbers
from allsquare.billing.parties import buyer_facts, seller_facts
from allsquare.billing.postings import invoice_issued
from allsquare.billing.states import InvoiceState
from allsquare.billing.tasks import render_pdf
from allsquare.core import bulk, clock, rows
from allsquare.core.actor import Actor
from allsquare.core.binary import encoded_array
from allsquare.core.deferring import defer
from allsquare.core.events import News, record
from allsquare.core.formatting import format_date, format_percent, spoken_language
from allsquare.core.money import MAX_MINOR
from allsquare.core.transactions import retrying
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger import selectors as ledger
from allsquare.ledger.amounts import to_base
from allsquare.ledger.refusals import refusals_explained
from allsquare.ledger.services.post import post
from allsquare.tax.models import TaxRate
from allsquare.tax.selectors import ask_rates

#: What issuing writes into a draft, and its types.
_WRITTEN: tuple[tuple[str, LiteralString], ...] = (
    ("number", "text"),
    ("state", "text"),
    ("issued_on", "date"),
    ("supplied_on", "date"),
    ("due_on", "date"),
    ("base_rate", "numeric"),
    ("base_total_minor", "bigint"),
    ("seller", "jsonb"),
    ("buyer", "jsonb"),
    ("issued_at", "timestamptz"),
    ("paid_at", "timestamptz"),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What issuing reads, in one round trip: the drafts are locked first, then their numbers taken."""

    drafts: rows.Asked[Invoice]
    customers: rows.Asked[Customer]
    with_lines: bulk.Sent
    taxes: rows.Asked[InvoiceTax]
    rates: rows.Asked[TaxRate]
    chart: ledger.ChartAsked
    numbers: NumbersTaken


@retrying
def issue(
    *, organization: Organization, invoice_ids: Sequence[UUID], actor: Actor, on: date | None = None
) -> list[Invoice]:
    """Issue drafts in one transaction, all or none; returns them in the order of their numbers.

    ``on`` is the date of issue, today by default. From now on the invoices are frozen. Their PDFs are queued
    in the same transaction. Raises ``InvoiceUnknown``, ``NotADraft``, ``NotIssuable``, ``RateMissing``,
    ``PeriodClosed``.
    """
    require(organization, actor, Permission.ISSUE_INVOICES)
    if not invoice_ids:
        return []
    at = clock.now(organization)
    day = on or clock.today(organization)
    wanted = set(invoice_ids)
    with bulk.pipelined():
        asked = _ask(organization, wanted)
    invoices = _drafts(organization, asked, len(wanted))
    base_rates = ledger.rates_on(organization, {invoice.currency for invoice in invoices}, day)
    seller = seller_facts(organization)
    for invoice, number in zip(invoices, asked.numbers.read(), strict=True):
        _freeze(organization, invoice, number, seller, base_rates[invoice.currency], day, at)
    taxes: dict[UUID, list[InvoiceTax]] = defaultdict(list)
    for tax in asked.taxes.all():
        taxes[tax.invoice_id].append(tax)
    _refuse_ended_rates(organization, invoices, taxes, asked.rates.all())
    chart = asked.chart.read()
    with refusals_explained(), bulk.pipelined(committing=True):
        with bulk.together():
            _write(organization, invoices)
            _book(organization, invoices, taxes, chart, day, at)
            make_links(organization, invoices, at)
            _tell(organization, invoices, actor, at)
        _queue_pdfs(organization, invoices)
    return invoices


def _ask(organization: Organization, invoice_ids: Set[UUID]) -> _Asked:
    ids = encoded_array("uuid", sorted(invoice_ids))
    return _Asked(
        drafts=rows.ask(
            Invoice, organization.id, "id = ANY(%b::uuid[]) ORDER BY id FOR NO KEY UPDATE", [ids]
        ),
        customers=rows.ask(
            Customer,
            organization.id,
            "id IN (SELECT customer_id FROM invoice WHERE organization_id = %b AND id = ANY(%b::uuid[]))",
            [organization.id, ids],
        ),
        with_lines=bulk.send(
            "SELECT DISTINCT invoice_id FROM invoice_line"
            " WHERE organization_id = %b AND invoice_id = ANY(%b::uuid[])",
            [organization.id, ids],
        ),
        taxes=rows.ask(InvoiceTax, organization.id, "invoice_id = ANY(%b::uuid[]) ORDER BY id", [ids]),
        rates=ask_rates(organization),
        chart=ledger.ask_chart(organization),
        numbers=take_numbers(organization, count=len(invoice_ids)),
    )


def _drafts(organization: Organization, asked: _Asked, count: int) -> list[Invoice]:
    """The drafts with their customers, ids ascending."""
    found = asked.drafts.all()
    if len(found) != count:
        raise InvoiceUnknown(_("There is no such invoice."))
    customers = {customer.id: customer for customer in asked.customers.all()}
    with_lines = {invoice_id for (invoice_id,) in asked.with_lines.rows()}
    for invoice in found:
        invoice.organization, invoice.customer = organization, customers[invoice.customer_id]
        if invoice.state != InvoiceState.DRAFT:
            raise NotADraft(
                _("Invoice %(number)s was issued before.") % {"number": invoice.number}, number=invoice.number
            )
        if invoice.id not in with_lines:
            raise NotIssuable(_("An invoice without lines cannot be issued. Add what it is for."))
        if invoice.total_minor < 0:
            raise NotIssuable(_("An invoice cannot ask for less than nothing. Give money back by a refund."))
    return found


def _freeze(
    organization: Organization,
    invoice: Invoice,
    number: str,
    seller: Mapping[str, str],
    rate: Decimal,
    day: date,
    at: datetime,
) -> None:
    nothing_owed = invoice.total_minor == 0
    invoice.state = InvoiceState.PAID if nothing_owed else InvoiceState.ISSUED
    invoice.number = number
    invoice.issued_on = day
    invoice.supplied_on = invoice.supplied_on or day
    invoice.due_on = day + timedelta(days=invoice.payment_days)
    invoice.issued_at = at
    invoice.paid_at = at if nothing_owed else None
    invoice.seller = dict(seller)
    invoice.buyer = buyer_facts(invoice.customer)
    invoice.base_rate = rate
    invoice.base_total_minor = to_base(
        invoice.total_minor, currency=invoice.currency, base=organization.base_currency, rate=rate
    )
    if invoice.base_total_minor > MAX_MINOR:
        raise NotIssuable(
            _("%(currency)s cannot hold what this comes to. Check amounts and exchange rate.")
            % {"currency": organization.base_currency}
        )


def _write(organization: Organization, invoices: Sequence[Invoice]) -> None:
    columns: dict[str, tuple[LiteralString, list[Any]]] = {
        "id": ("uuid", [invoice.id for invoice in invoices]),
        "organization_id": ("uuid", [organization.id] * len(invoices)),
    }
    for name, kind in _WRITTEN:
        columns[name] = (kind, [getattr(invoice, name) for invoice in invoices])
    bulk.update("invoice", columns, match=("id", "organization_id"))


def _refuse_ended_rates(
    organization: Organization,
    invoices: Sequence[Invoice],
    taxes: Mapping[UUID, Sequence[InvoiceTax]],
    rates: Sequence[TaxRate],
) -> None:
    """A draft may be older than a change of tax rates, and the rate of the day of supply counts (directive
    2006/112/EC, articles 63 and 93). A percentage that is none of the organization's own was typed on purpose."""
    known = [rate for rate in rates if rate.country == organization.country]
    for invoice in invoices:
        supplied_on = invoice.supplied_on or clock.today(organization)
        for tax in taxes[invoice.id]:
            same = [rate for rate in known if (rate.category, rate.percent) == (tax.category, tax.percent)]
            if same and not any(rate.is_valid(supplied_on) for rate in same):
                raise NotIssuable(
                    _(
                        "The tax rate of %(percent)s is not valid on %(day)s, the day of supply. Open the "
                        "draft, check the tax of its lines and save it."
                    )
                    % {
                        "percent": format_percent(tax.percent.normalize(), spoken_language()),
                        "day": format_date(supplied_on, spoken_language()),
                    }
                )


def _book(
    organization: Organization,
    invoices: Sequence[Invoice],
    taxes: Mapping[UUID, Sequence[InvoiceTax]],
    chart: ledger.Chart,
    day: date,
    at: datetime,
) -> None:
    entries = [
        invoice_issued(
            invoice,
            taxes[invoice.id],
            chart=chart,
            base=organization.base_currency,
            language=organization.language,
            on=day,
        )
        for invoice in invoices
        if invoice.total_minor or invoice.net_minor
    ]
    if entries:
        post(organization=organization, entries=entries, at=at)


def _queue_pdfs(organization: Organization, invoices: Sequence[Invoice]) -> None:
    made_of = render_pdf.configure()
    defer(
        [
            made_of.make_new_job(organization_id=str(organization.id), invoice_id=str(invoice.id))
            for invoice in invoices
        ]
    )


def _tell(organization: Organization, invoices: Sequence[Invoice], actor: Actor, at: datetime) -> None:
    record(
        organization_id=organization.id,
        news=[
            News(
                "invoice.issued",
                "invoice",
                invoice.id,
                {
                    "number": invoice.number,
                    "customer": str(invoice.customer_id),
                    "total_minor": invoice.total_minor,
                    "currency": invoice.currency,
                    "due_on": str(invoice.due_on),
                },
            )
            for invoice in invoices
        ],
        actor=actor,
        at=at,
    )
