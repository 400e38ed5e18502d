"""The receipt of a payment, as PDF.

It is made from facts that never change (what the payment counted towards, in which order), so it says the same
whenever it is made; nothing needs to be stored.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db.models import Sum

from allsquare.billing.documents.facts import ReceiptDocument, ReceiptLine
from allsquare.billing.documents.typeset import typesetter
from allsquare.billing.models import CreditNote
from allsquare.billing.parties import buyer_facts, seller_facts
from allsquare.billing.printing import accent_of, logo_of, party
from allsquare.core.clock import local
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.models import Allocation, CreditMovement, Payment
from allsquare.payments.tips import tip_of


def receipt_number(payment: Payment) -> str:
    """Receipts are numbered by the random end of their payment's id, since a gapless number would need a lock on
    the hot path and no law asks for one: ``R-3F9A-12BC-77D0``."""
    end = payment.id.hex[-12:].upper()
    return f"R-{end[:4]}-{end[4:8]}-{end[8:]}"


def receipt_pdf(*, organization: Organization, payment: Payment, language: str, method: str) -> bytes:
    """The receipt as PDF/A. ``method`` is how it was paid, for people. Raises
    :class:`~allsquare.billing.documents.typeset.DocumentFailed`."""
    return typesetter(settings.FRONTEND_DIR).receipt(
        receipt_document(organization=organization, payment=payment, language=language, method=method)
    )


def receipt_document(
    *, organization: Organization, payment: Payment, language: str, method: str
) -> ReceiptDocument:
    """What the receipt says: the payment's own share of each invoice, and what was open right after it."""
    unit, invoice = currency(payment.currency), payment.invoice
    seller = invoice.seller if invoice else seller_facts(organization)
    payer = invoice.buyer if invoice else buyer_facts(payment.customer)
    counted, kept = _counted(organization, payment)
    credit = kept or None
    return ReceiptDocument(
        language=language,
        number=receipt_number(payment),
        paid_on=_paid_on(organization, payment),
        seller=party(seller, seen_from=payer),
        payer=party(payer, seen_from=seller),
        amount=Money(payment.captured_minor, unit),
        method=method,
        lines=tuple(_line(organization, allocation) for allocation in counted),
        reference=payment.reference or "",
        credit=Money(credit, unit) if credit else None,
        logo=logo_of(organization),
        accent=accent_of(organization),
        rehearsal=organization.rehearsal,
    )


def _counted(organization: Organization, payment: Payment) -> tuple[list[Allocation], int]:
    """What the payment paid, and what of it was left as credit. Money of a sale came first and its invoice was written
    then: that is what it paid, though by way of credit; so it is with a tip."""
    found = Allocation.objects.filter(organization=organization, payment=payment).select_related("invoice")
    counted = list(found.filter(source_id=payment.id).order_by("id"))
    movements = CreditMovement.objects.filter(organization=organization, source_id=payment.id)
    kept: int = movements.aggregate(total=Sum("amount_minor"))["total"] or 0
    if counted and kept and (tip := tip_of(organization, payment)):
        given = list(found.filter(invoice=tip.invoice, amount_minor__gt=0).order_by("id")[:1])
        return counted + given, kept - sum(allocation.amount_minor for allocation in given)
    if counted or payment.invoice_id is None:
        return counted, kept
    counted = list(found.filter(invoice_id=payment.invoice_id, amount_minor__gt=0).order_by("id")[:1])
    return counted, kept - sum(allocation.amount_minor for allocation in counted)


def _line(organization: Organization, allocation: Allocation) -> ReceiptLine:
    """Ids of allocations and credit notes grow while their invoice is locked, so those up to this one are what had been
    paid and credited."""
    invoice = allocation.invoice
    unit = currency(allocation.currency)
    paid = Allocation.objects.filter(
        organization=organization, invoice=invoice, id__lte=allocation.id
    ).aggregate(total=Sum("amount_minor"))["total"]
    notes = CreditNote.objects.filter(organization=organization, invoice=invoice, id__lt=allocation.id)
    credited = notes.aggregate(total=Sum("total_minor"))["total"] or 0
    if invoice.number is None or invoice.issued_on is None:
        raise ValueError(f"invoice {invoice.id} was paid but never issued")
    return ReceiptLine(
        invoice_number=invoice.number,
        issued_on=invoice.issued_on,
        invoice_total=Money(invoice.total_minor, unit),
        applied=Money(allocation.amount_minor, unit),
        balance=Money(invoice.total_minor - credited - paid, unit),
    )


def _paid_on(organization: Organization, payment: Payment) -> date:
    return payment.received_on or local(organization, payment.settled_at or payment.created_at).date()
