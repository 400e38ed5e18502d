"""Reading invoices. The organization comes first; a payer's link finds its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from allsquare.billing.errors import CreditNoteUnknown, InvoiceUnknown, LinkExpired, LinkUnknown
from allsquare.billing.models import (
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceDocument,
    InvoiceLine,
    NumberSeries,
    PayLink,
    WriteOff,
)
from allsquare.billing.numbering import CREDIT_NOTES, INVOICES, default_prefix
from allsquare.billing.search import search_invoices
from allsquare.billing.states import OPEN_STATES
from allsquare.billing.writing import draft_mark
from allsquare.core import clock, rows
from allsquare.core.ids import token_digest
from allsquare.core.listing.search import Search
from allsquare.identity.models import Organization

OVERDUE = "overdue"


def get_invoice(organization: Organization, invoice_id: UUID) -> Invoice:
    """With its customer. Raises :class:`InvoiceUnknown`."""
    found = (
        Invoice.objects.filter(organization=organization, id=invoice_id)
        .select_related("customer", "organization")
        .first()
    )
    if found is None:
        raise InvoiceUnknown(_("There is no such invoice."))
    return found


@dataclass(frozen=True, slots=True)
class InvoiceAsked:
    """An invoice on its way: whoever has more to ask does so before reading it."""

    organization: Organization
    sent: rows.Asked[Invoice]

    def read(self) -> Invoice:
        """Raises :class:`InvoiceUnknown`."""
        found = self.sent.first()
        if found is None:
            raise InvoiceUnknown(_("There is no such invoice."))
        found.organization = self.organization
        return found


def ask_invoice(organization: Organization, invoice_id: UUID) -> InvoiceAsked:
    """The invoice alone, by ``core.rows``, for paths where money moves."""
    return InvoiceAsked(organization, rows.ask(Invoice, organization.id, "id = %b", [invoice_id]))


def get_invoice_with_lines(organization: Organization, invoice_id: UUID) -> Invoice:
    """As :func:`get_invoice`, with lines and tax breakdown: three queries."""
    found = (
        Invoice.objects.filter(organization=organization, id=invoice_id)
        .select_related("customer", "organization")
        .prefetch_related(
            Prefetch("lines", InvoiceLine.objects.filter(organization=organization).select_related("item")),
            "taxes",
        )
        .first()
    )
    if found is None:
        raise InvoiceUnknown(_("There is no such invoice."))
    return found


def mark_of_draft(organization: Organization, invoice: Invoice) -> str:
    """For an editor to give back as ``update_draft(seen=…)``. Two queries."""
    return draft_mark(invoice)


def list_invoices(
    organization: Organization,
    *,
    search: str = "",
    state: str = "",
    customer_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Invoice]:
    """Newest first. ``before`` is (created_at, id) of the last row of the page above (keyset).

    ``state`` is an invoice state, ``overdue`` or ``open``; ``search`` finds what the list of invoices finds.
    """
    found = Invoice.objects.filter(organization=organization).select_related("customer")
    if customer_id:
        found = found.filter(customer_id=customer_id)
    found = _in_state(organization, found, state)
    if search:
        found = found.filter(search_invoices(organization, Search(search)))
    if before:
        at, last = before
        found = found.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=last))
    return list(found.order_by("-created_at", "-id")[:limit])


def _in_state(organization: Organization, found: QuerySet[Invoice], state: str) -> QuerySet[Invoice]:
    if state == OVERDUE:
        return found.filter(state__in=OPEN_STATES, due_on__lt=clock.today(organization))
    if state == "open":
        return found.filter(state__in=OPEN_STATES)
    return found.filter(state=state) if state else found


@dataclass(frozen=True, slots=True)
class OpenSum:
    """What is owed in one currency, and how much of it is overdue; minor units."""

    currency: str
    open_minor: int
    overdue_minor: int
    invoices: int


def open_sums(organization: Organization, *, customer_id: UUID | None = None) -> list[OpenSum]:
    """One row for each currency in which something is owed."""
    rows = Invoice.objects.filter(organization=organization, state__in=OPEN_STATES)
    if customer_id:
        rows = rows.filter(customer_id=customer_id)
    owed = F("total_minor") - F("paid_minor") - F("credited_minor")
    late = Q(due_on__lt=clock.today(organization))
    sums = (
        rows.values("currency")
        .annotate(owed=Sum(owed), late=Sum(owed, filter=late), rows=Sum(1))
        .order_by("currency")
    )
    return [OpenSum(row["currency"], row["owed"], row["late"] or 0, row["rows"]) for row in sums]


def open_invoices_of(organization: Organization, customer_id: UUID, *, limit: int = 10) -> list[Invoice]:
    """What the customer owes, the longest due first."""
    found = Invoice.objects.filter(organization=organization, customer_id=customer_id, state__in=OPEN_STATES)
    return list(found.order_by("due_on", "id")[:limit])


def open_sums_of_customers(
    organization: Organization, customer_ids: Iterable[UUID]
) -> dict[UUID, list[OpenSum]]:
    """As :func:`open_sums` for each of these customers; who owes nothing is left out. One query."""
    rows = Invoice.objects.filter(
        organization=organization, customer_id__in=list(customer_ids), state__in=OPEN_STATES
    )
    owed = F("total_minor") - F("paid_minor") - F("credited_minor")
    late = Q(due_on__lt=clock.today(organization))
    sums = rows.values("customer_id", "currency").annotate(
        owed=Sum(owed), late=Sum(owed, filter=late), rows=Count("id")
    )
    found: dict[UUID, list[OpenSum]] = defaultdict(list)
    for row in sums.order_by("currency"):
        found[row["customer_id"]].append(OpenSum(row["currency"], row["owed"], row["late"] or 0, row["rows"]))
    return dict(found)


def document_of(organization: Organization, invoice_id: UUID) -> InvoiceDocument | None:
    """The frozen PDF, once it was rendered."""
    return InvoiceDocument.objects.filter(
        organization=organization, invoice_id=invoice_id, kind="pdf"
    ).first()


def invoice_by_token(token: str) -> Invoice:
    """The invoice that a payer's link leads to, with its organization, customer, lines and taxes.

    The link is the only key a payer has, so no organization is given. Raises :class:`LinkUnknown`, the same for
    every wrong token, and :class:`LinkExpired`.
    """
    link = PayLink.objects.filter(token_hash=token_digest(token)).select_related("organization").first()
    if link is None:
        raise LinkUnknown(_("This link leads nowhere. Check that it was copied whole, or ask who sent it."))
    if link.revoked_at or (link.expires_at and link.expires_at <= clock.now(link.organization)):
        raise LinkExpired(_("This link is no longer valid. Ask for a new one."))
    return (
        Invoice.objects.filter(id=link.invoice_id, organization_id=link.organization_id)
        .select_related("organization", "customer")
        .prefetch_related("lines", "taxes")
        .get()
    )


def write_offs_of(organization: Organization, invoice: Invoice) -> list[WriteOff]:
    """Those of the invoice and those that take them back, in their order."""
    return list(WriteOff.objects.filter(organization=organization, invoice=invoice).order_by("id"))


def get_credit_note(organization: Organization, credit_note_id: UUID) -> CreditNote:
    """With its invoice and customer. Raises :class:`CreditNoteUnknown`."""
    found = (
        CreditNote.objects.filter(organization=organization, id=credit_note_id)
        .select_related("invoice", "customer", "organization")
        .first()
    )
    if found is None:
        raise CreditNoteUnknown(_("There is no such credit note."))
    return found


def credit_note_lines(organization: Organization, note: CreditNote) -> list[CreditNoteLine]:
    """With the lines of the invoice that they take back, in its order."""
    return list(
        CreditNoteLine.objects.filter(organization=organization, credit_note=note)
        .select_related("invoice_line")
        .order_by("invoice_line__position")
    )


def credit_notes_of(organization: Organization, invoice: Invoice) -> list[CreditNote]:
    """In their order."""
    return list(CreditNote.objects.filter(organization=organization, invoice=invoice).order_by("id"))


def credited_tax(organization: Organization, invoice_id: UUID) -> int:
    """What credit notes took back of an invoice's tax, minor units."""
    notes = CreditNote.objects.filter(organization=organization, invoice_id=invoice_id)
    return int(notes.aggregate(tax=Sum("tax_minor"))["tax"] or 0)


def invoices_by_id(organization: Organization, ids: Iterable[UUID]) -> dict[UUID, Invoice]:
    """For pages that show facts about several invoices; one query."""
    return {i.id: i for i in Invoice.objects.filter(organization=organization, id__in=list(ids))}


def _numbered(organization: Organization, kind: str) -> QuerySet[Invoice] | QuerySet[CreditNote]:
    if kind == CREDIT_NOTES:
        return CreditNote.objects.filter(organization=organization)
    return Invoice.objects.filter(organization=organization, number__isnull=False)


def is_anything_numbered(organization: Organization, kind: str = INVOICES) -> bool:
    return _numbered(organization, kind).exists()


def first_number(organization: Organization, kind: str = INVOICES) -> NumberSeries:
    """The series as it stood before its first number: numbers have no gaps, so those given are counted back."""
    series = number_series(organization, kind)
    given = _numbered(organization, kind).count()
    series.next_number = max(1, series.next_number - given)
    return series


def number_series(organization: Organization, kind: str = INVOICES) -> NumberSeries:
    """The series, or the one that the first number will begin (not kept yet)."""
    found = NumberSeries.objects.filter(organization=organization, kind=kind).first()
    return found or NumberSeries(
        organization=organization, kind=kind, prefix=default_prefix(organization, kind)
    )
