"""Invoices and credit notes with their lines, tax, numbers, documents and pay links."""

from allsquare.billing.models.credit_note import CreditNote, CreditNoteDocument, CreditNoteLine
from allsquare.billing.models.invoice import Invoice, InvoiceLine, InvoiceTax, NumberSeries
from allsquare.billing.models.link import PayLink
from allsquare.billing.models.stored import InvoiceDocument
from allsquare.billing.models.write_off import WriteOff

__all__ = [
    "CreditNote",
    "CreditNoteDocument",
    "CreditNoteLine",
    "Invoice",
    "InvoiceDocument",
    "InvoiceLine",
    "InvoiceTax",
    "NumberSeries",
    "PayLink",
    "WriteOff",
]
