"""Pure: what an issued invoice books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from allsquare.billing.models import Invoice, InvoiceTax
from allsquare.ledger.amounts import to_base
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.ledger.selectors import Chart


def invoice_issued(
    invoice: Invoice, taxes: Sequence[InvoiceTax], *, chart: Chart, base: str, on: date
) -> EntryDraft:
    """The customer owes the total; the net is sales, each tax is owed to the state.

    In a foreign currency every part is converted by itself and sales take the cent that rounding leaves.
    """
    rate = invoice.base_rate or Decimal(1)
    total_base = invoice.base_total_minor or 0
    tax_lines = []
    for tax in taxes:
        tax_base = to_base(tax.tax_minor, currency=invoice.currency, base=base, rate=rate)
        if tax.tax_minor:
            tax_lines.append(
                LineDraft(
                    account=chart.account(AccountRole.TAX_PAYABLE),
                    amount_minor=-tax.tax_minor,
                    currency=invoice.currency,
                    base_minor=-tax_base,
                    document_id=invoice.id,
                )
            )
    sales_base = -total_base - sum(line.base_minor for line in tax_lines)
    return EntryDraft(
        kind="invoice.issued",
        source_type="invoice",
        source_id=invoice.id,
        date=on,
        memo=f"Invoice {invoice.number}",
        lines=(
            LineDraft(
                account=chart.account(AccountRole.RECEIVABLE),
                amount_minor=invoice.total_minor,
                currency=invoice.currency,
                base_minor=total_base,
                customer_id=invoice.customer_id,
                document_id=invoice.id,
            ),
            LineDraft(
                account=chart.account(AccountRole.SALES),
                amount_minor=-invoice.net_minor,
                currency=invoice.currency,
                base_minor=sales_base,
                document_id=invoice.id,
            ),
            *tax_lines,
        ),
    )
