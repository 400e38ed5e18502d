"""From the frozen rows of a credit note to the facts that its document prints. Nothing is computed anew but the sums of
the tax breakdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from allsquare.billing.documents.facts import CreditedLine, CreditNoteDocument, DocumentTax
from allsquare.billing.models import CreditNote, CreditNoteLine
from allsquare.billing.printing import accent_of, logo_of, party
from allsquare.core.currencies import currency
from allsquare.core.money import Money


def credit_note_facts(note: CreditNote, lines: Sequence[CreditNoteLine]) -> CreditNoteDocument:
    """``lines`` with those of the invoice; ``note`` with its invoice. Both parties are those of the invoice, since that
    is the document which is corrected."""
    invoice, unit = note.invoice, currency(note.currency)
    return CreditNoteDocument(
        language=invoice.language,
        number=note.number,
        issued_on=note.issued_on,
        invoice_number=invoice.number or "",
        invoice_issued_on=invoice.issued_on or note.issued_on,
        seller=party(invoice.seller, seen_from=invoice.buyer),
        buyer=party(invoice.buyer, seen_from=invoice.seller),
        lines=tuple(
            CreditedLine(
                position=line.invoice_line.position,
                description=line.invoice_line.description,
                quantity=line.quantity or None,
                unit=line.invoice_line.unit,
                tax_percent=line.invoice_line.tax_percent,
                net=Money(line.net_minor, unit),
                total=Money(line.total_minor, unit),
            )
            for line in lines
        ),
        taxes=tax_rows(note, lines),
        net=Money(note.net_minor, unit),
        tax=Money(note.tax_minor, unit),
        total=Money(note.total_minor, unit),
        reason=note.reason,
        reference=invoice.reference,
        logo=logo_of(note.organization),
        accent=accent_of(note.organization),
        rehearsal=note.organization.rehearsal,
    )


def tax_rows(note: CreditNote, lines: Sequence[CreditNoteLine]) -> tuple[DocumentTax, ...]:
    """By category and falling rate, as on the invoice."""
    sums: dict[tuple[str, object], list[CreditNoteLine]] = defaultdict(list)
    for line in lines:
        sums[line.invoice_line.tax_category, line.invoice_line.tax_percent].append(line)
    unit = currency(note.currency)
    rows = (
        DocumentTax(
            category=members[0].invoice_line.tax_category,
            percent=members[0].invoice_line.tax_percent,
            base=Money(sum(line.net_minor for line in members), unit),
            tax=Money(sum(line.tax_minor for line in members), unit),
        )
        for members in sums.values()
    )
    return tuple(sorted(rows, key=lambda row: (row.category, -row.percent)))
