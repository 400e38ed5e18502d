"""What of an invoice will not come any more is written off: the customer's debt becomes an expense."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import NotWritable
from allsquare.billing.locking import locked_invoice
from allsquare.billing.models import Invoice, WriteOff
from allsquare.billing.reasons import checked_reason
from allsquare.billing.selectors import credited_tax
from allsquare.billing.states import OPEN_STATES, InvoiceState
from allsquare.billing.written_off import Debt, Part, entry, open_base, part
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger import selectors as ledger
from allsquare.ledger.services.post import post


@retrying
def write_off(
    *, organization: Organization, invoice_id: UUID, reason: str, tax_relief: bool, actor: Actor
) -> WriteOff:
    """All that is open of an issued invoice. ``tax_relief``: the tax in it is taken back as well.

    Money that comes later becomes customer credit and a task for a person, who may take the write-off back. Raises
    ``InvoiceUnknown``, ``NotWritable``, ``FieldErrors`` without a good reason, ``PeriodClosed``.
    """
    require(organization, actor, Permission.WRITE_OFF)
    reason = checked_reason(reason, missing=_("Say why the money will not come; it stays in the record."))
    invoice = locked_invoice(organization, invoice_id)
    if invoice.state not in OPEN_STATES or invoice.open_minor <= 0:
        raise NotWritable(
            _("An invoice that is %(state)s cannot be written off: nothing of it is open.")
            % {"state": InvoiceState(invoice.state).word}
        )
    at = clock.now(organization)
    debt = _debt_of(organization, invoice)
    written = part(
        debt,
        before=0,
        amount=invoice.open_minor,
        base=open_base(
            base_total=invoice.base_total_minor or 0, total=invoice.total_minor, covered=invoice.covered_minor
        ),
        tax_relief=tax_relief,
    )
    made = WriteOff.objects.create(
        organization=organization,
        invoice=invoice,
        amount_minor=written.amount,
        tax_minor=written.tax,
        base_minor=written.base,
        currency=invoice.currency,
        tax_relief=tax_relief,
        reason=reason,
        created_at=at,
    )
    invoice.state = InvoiceState.WRITTEN_OFF
    invoice.save(update_fields=["state"])
    _book(organization, debt, written, made)
    facts: dict[str, object] = {
        "number": invoice.number,
        "reason": reason,
        "amount_minor": written.amount,
        "tax_minor": written.tax,
        "currency": invoice.currency,
    }
    news = News("invoice.written_off", "invoice", invoice.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return made


def _book(organization: Organization, debt: Debt, written: Part, made: WriteOff) -> None:
    booked = entry(
        debt,
        written,
        write_off_id=made.id,
        chart=ledger.chart(organization),
        language=organization.language,
        on=clock.today(organization),
    )
    post(organization=organization, entries=[booked], at=made.created_at)


def _debt_of(organization: Organization, invoice: Invoice) -> Debt:
    return Debt(
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        number=invoice.number or "",
        currency=invoice.currency,
        base_currency=organization.base_currency,
        total_minor=invoice.due_minor,
        tax_minor=invoice.tax_minor - credited_tax(organization, invoice.id),
        rate=invoice.base_rate or Decimal(1),
    )
