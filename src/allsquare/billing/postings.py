"""Pure: what an issued invoice books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from allsquare.billing.models import Invoice, InvoiceTax
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
