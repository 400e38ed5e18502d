"""A credit note is issued: numbered, its lines frozen, the books posted, and the invoice asks for less, together."""

from __future__ import annotations

from django.utils.translation import gettext as _

from allsquare.billing.crediting import Planned
from allsquare.billing.errors import NotCreditable
from allsquare.billing.models import CreditNote, CreditNoteLine, Invoice
from allsquare.billing.numbering import CREDIT_NOTES, take_numbers
from allsquare.billing.postings import credit_note_issued
from allsquare.billing.reasons import checked_reason
from allsquare.billing.states import InvoiceState, after_cover
from allsquare.billing.tasks import render_credit_note
from allsquare.billing.written_off import open_base
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.deferring import defer
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger import selectors as ledger
from allsquare.ledger.services.post import post


def issue_credit_note(
    *, organization: Organization, invoice: Invoice, planned: Planned, reason: str, actor: Actor
) -> CreditNote:
    """``invoice`` is locked in the running transaction, and ``planned`` from what it had left under that lock.

    What is paid too much by it was taken off the invoice before (``payments.services.credit_invoice`` does all of it);
    else ``NotCreditable``. Raises ``FieldErrors`` without a good reason, ``PeriodClosed``.
    """
    require(organization, actor, Permission.ISSUE_CREDIT_NOTES)
    reason = checked_reason(
        reason, missing=_("Say what is credited and why; it is printed on the credit note.")
    )
    if planned.total_minor > invoice.open_minor:
        raise NotCreditable(_("More of this invoice is paid than would be left of it."))
    note = _written(organization, invoice, planned, reason)
    entry = credit_note_issued(
        note,
        invoice,
        planned.taxes,
        chart=ledger.chart(organization),
        base=organization.base_currency,
        language=organization.language,
    )
    post(organization=organization, entries=[entry], at=note.created_at)
    before = InvoiceState(invoice.state)
    _cover(invoice, note)
    news = _news(invoice, note, before)
    record(organization_id=organization.id, news=news, actor=actor, at=note.created_at)
    defer(
        [
            render_credit_note.configure().make_new_job(
                organization_id=str(organization.id), credit_note_id=str(note.id)
            )
        ]
    )
    return note


def _written(organization: Organization, invoice: Invoice, planned: Planned, reason: str) -> CreditNote:
    """The note with its number and its lines."""
    (number,) = take_numbers(organization, count=1, kind=CREDIT_NOTES).read()
    note = CreditNote.objects.create(
        organization=organization,
        invoice=invoice,
        customer_id=invoice.customer_id,
        number=number,
        currency=invoice.currency,
        reason=reason,
        issued_on=clock.today(organization),
        net_minor=planned.net_minor,
        tax_minor=planned.tax_minor,
        total_minor=planned.total_minor,
        base_total_minor=_base(invoice, planned.total_minor),
        created_at=clock.now(organization),
    )
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            organization=organization,
            credit_note=note,
            invoice_line=line,
            quantity=part.quantity,
            net_minor=part.net_minor,
            tax_minor=part.tax_minor,
            total_minor=part.total_minor,
        )
        for line, part in planned.lines
    )
    return note


def _base(invoice: Invoice, minor: int) -> int:
    """What ``minor`` more of it, credited, takes off the receivable account."""

    def still_there(covered: int) -> int:
        base_total = invoice.base_total_minor or 0
        return open_base(base_total=base_total, total=invoice.total_minor, covered=covered)

    return still_there(invoice.covered_minor) - still_there(invoice.covered_minor + minor)


def _cover(invoice: Invoice, note: CreditNote) -> None:
    old = InvoiceState(invoice.state)
    invoice.credited_minor += note.total_minor
    invoice.state = after_cover(
        old,
        total_minor=invoice.total_minor,
        paid_minor=invoice.paid_minor,
        credited_minor=invoice.credited_minor,
    )
    if invoice.state == InvoiceState.PAID and invoice.paid_at is None:
        invoice.paid_at = note.created_at
    elif invoice.state != InvoiceState.PAID:
        invoice.paid_at = None
    invoice.save(update_fields=["state", "credited_minor", "paid_at"])


def _news(invoice: Invoice, note: CreditNote, before: InvoiceState) -> list[News]:
    facts: dict[str, object] = {
        "number": note.number,
        "invoice": str(invoice.id),
        "invoice_number": invoice.number,
        "customer": str(note.customer_id),
        "total_minor": note.total_minor,
        "currency": note.currency,
        "reason": note.reason,
    }
    news = [
        News("credit_note.issued", "credit_note", note.id, facts),
        News(
            "invoice.credit_note",
            "invoice",
            invoice.id,
            {
                "number": invoice.number,
                "credit_note": str(note.id),
                "credit_note_number": note.number,
                "amount_minor": note.total_minor,
                "currency": note.currency,
            },
        ),
    ]
    if invoice.state != before:
        sums: dict[str, object] = {
            "number": invoice.number,
            "paid_minor": invoice.paid_minor,
            "credited_minor": invoice.credited_minor,
            "total_minor": invoice.total_minor,
        }
        news.append(News(f"invoice.{invoice.state}", "invoice", invoice.id, sums))
    return news
