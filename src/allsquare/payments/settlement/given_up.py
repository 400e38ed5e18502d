"""Money that goes back from an invoice that is written off: the invoice stays given up, and by that sum more of it is.

So it makes no difference whether a payment was given back before the rest was written off or after.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

from allsquare.billing.written_off import Debt, Part, entry, part
from allsquare.core import bulk
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger.drafts import EntryDraft
from allsquare.ledger.selectors import Chart
from allsquare.payments.settlement.locked import LockedInvoice


def give_up_more(
    organization: Organization,
    invoice: LockedInvoice,
    *,
    currency: str,
    before: int,
    amount: int,
    base: int,
    chart: Chart,
    on: date,
    at: datetime,
) -> tuple[EntryDraft, Callable[[], None]]:
    """``before`` is what of the locked ``invoice`` was written off, ``amount`` what was taken back from it now.

    One query, for an invoice that is seldom met. Returns what is to be booked, and the write of the fact.
    """
    ((customer_id, rate, tax_relief, tax_minor),) = bulk.run(
        """SELECT i.customer_id, i.base_rate, w.tax_relief, i.tax_minor - coalesce((SELECT sum(c.tax_minor)
               FROM credit_note c WHERE c.invoice_id = i.id AND c.organization_id = i.organization_id), 0)::bigint
           FROM invoice i JOIN write_off w ON w.invoice_id = i.id AND w.organization_id = i.organization_id
           WHERE i.organization_id = %s AND i.id = %s
           ORDER BY w.id DESC LIMIT 1""",
        [organization.id, invoice.id],
    )
    debt = Debt(
        invoice_id=invoice.id,
        customer_id=customer_id,
        number=invoice.number,
        currency=currency,
        base_currency=organization.base_currency,
        total_minor=invoice.total_minor - invoice.credited_minor,
        tax_minor=tax_minor,
        rate=rate or Decimal(1),
    )
    written = part(debt, before=before, amount=amount, base=base, tax_relief=tax_relief)
    made = new_id()
    booked = entry(debt, written, write_off_id=made, chart=chart, language=organization.language, on=on)
    write = partial(
        _write, organization.id, made, invoice.id, written, currency=currency, tax_relief=tax_relief, at=at
    )
    return booked, write


def _write(
    organization_id: UUID,
    write_off_id: UUID,
    invoice_id: UUID,
    written: Part,
    *,
    currency: str,
    tax_relief: bool,
    at: datetime,
) -> None:
    bulk.insert(
        "write_off",
        {
            "id": ("uuid", [write_off_id]),
            "invoice_id": ("uuid", [invoice_id]),
            "amount_minor": ("bigint", [written.amount]),
            "tax_minor": ("bigint", [written.tax]),
            "base_minor": ("bigint", [written.base]),
            "currency": ("text", [currency]),
            "tax_relief": ("bool", [tax_relief]),
        },
        same={
            "organization_id": ("uuid", organization_id),
            "reason": ("text", ""),
            "created_at": ("timestamptz", at),
        },
    )
