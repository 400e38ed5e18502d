"""Pure: what an issued invoice books, and a credit note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from allsquare.billing.models import CreditNote, Invoice, InvoiceTax
from allsquare.ledger import memos
from allsquare.ledger.amounts import to_base
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.ledger.selectors import Chart


def invoice_issued(
    invoice: Invoice, taxes: Sequence[InvoiceTax], *, chart: Chart, base: str, language: str, on: date
) -> EntryDraft:
    """The customer owes the total; the net is sales, each tax is owed to the state.

    In a foreign currency every part is converted by itself and sales take the cent that rounding leaves. Lines of
    nothing are left out.
    """
    rate = invoice.base_rate or Decimal(1)
    total_base = invoice.base_total_minor or 0
    tax_payable = chart.account(AccountRole.TAX_PAYABLE)
    receivable = LineDraft(
        account=chart.account(AccountRole.RECEIVABLE),
        amount_minor=invoice.total_minor,
        currency=invoice.currency,
        base_minor=total_base,
        customer_id=invoice.customer_id,
        document_id=invoice.id,
    )
    owed_taxes = [
        LineDraft(
            account=tax_payable,
            amount_minor=-tax.tax_minor,
            currency=invoice.currency,
            base_minor=-to_base(tax.tax_minor, currency=invoice.currency, base=base, rate=rate),
            document_id=invoice.id,
        )
        for tax in taxes
    ]
    sales = LineDraft(
        account=chart.account(AccountRole.SALES),
        amount_minor=-invoice.net_minor,
        currency=invoice.currency,
        base_minor=-total_base - sum(line.base_minor for line in owed_taxes),
        document_id=invoice.id,
    )
    lines = (receivable, sales, *owed_taxes)
    return EntryDraft(
        kind="invoice.issued",
        source_type="invoice",
        source_id=invoice.id,
        date=on,
        memo=memos.of_invoice(invoice.number, language=language),
        lines=tuple(line for line in lines if line.amount_minor or line.base_minor),
    )


def credit_note_issued(
    note: CreditNote,
    invoice: Invoice,
    taxes: Mapping[tuple[str, Decimal], tuple[int, int]],
    *,
    chart: Chart,
    base: str,
    language: str,
) -> EntryDraft:
    """The opposite of :func:`invoice_issued` for a part: the customer owes less, less was sold, less tax is owed.

    ``taxes``: by category and percentage, what of the tax was taken back before and what is now. In base currency each
    is the difference of a running total, so that all parts of an invoice sum to what it booked; sales take the cent
    that is left.
    """
    rate = invoice.base_rate or Decimal(1)

    def in_base(minor: int) -> int:
        return to_base(minor, currency=note.currency, base=base, rate=rate)

    def line(role: AccountRole, amount: int, in_base: int) -> LineDraft:
        return LineDraft(
            account=chart.account(role),
            amount_minor=amount,
            currency=note.currency,
            base_minor=in_base,
            customer_id=note.customer_id if role is AccountRole.RECEIVABLE else None,
            document_id=invoice.id,
        )

    owed = [
        line(AccountRole.TAX_PAYABLE, now, in_base(before + now) - in_base(before))
        for before, now in taxes.values()
    ]
    sold = note.base_total_minor - sum(each.base_minor for each in owed)
    lines = (
        line(AccountRole.RECEIVABLE, -note.total_minor, -note.base_total_minor),
        line(AccountRole.SALES, note.net_minor, sold),
        *owed,
    )
    return EntryDraft(
        kind="credit_note.issued",
        source_type="credit_note",
        source_id=note.id,
        date=note.issued_on,
        memo=memos.of_credit_note(note.number, invoice.number, language=language),
        lines=tuple(line for line in lines if line.amount_minor or line.base_minor),
    )
