"""A new draft is written after an invoice that there was before."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice, InvoiceLine
from allsquare.billing.selectors import get_invoice_with_lines
from allsquare.billing.services.create_draft import create_draft
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.idempotency import Answer, once
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.tax.errors import RateMissing
from allsquare.tax.selectors import rate_for


@retrying
def duplicate(*, organization: Organization, invoice_id: UUID, key: str, actor: Actor) -> Invoice:
    """The same customer, lines and prices; tax at today's standard rate where it was the standard rate then. The
    buyer's reference and the day of supply belong to the one occasion and are left out.

    ``key`` names the press of the button: pressed twice it makes one. Raises ``InvoiceUnknown``, ``KeyReused`` and
    what ``create_draft`` raises.
    """
    require(organization, actor, Permission.EDIT_INVOICES)
    original = get_invoice_with_lines(organization, invoice_id)

    def copy() -> Answer:
        return {"invoice": str(_copy(organization, original, actor).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="invoice.duplicate",
        key=key,
        given={"invoice": invoice_id},
        at=clock.now(organization),
        work=copy,
    )
    made = Invoice.objects.filter(organization=organization, id=UUID(str(answer["invoice"]))).first()
    if made is None:
        raise InvoiceUnknown(_("The copy was made before and has been deleted since."))
    return made


def _copy(organization: Organization, original: Invoice, actor: Actor) -> Invoice:
    standard = _standard_rate(organization, original)
    return create_draft(
        organization=organization,
        customer_id=original.customer_id,
        lines=[_line(line, standard) for line in original.lines.all()],
        actor=actor,
        currency=original.currency,
        prices_include_tax=original.prices_include_tax,
        discount_percent=original.discount_percent,
        notes=original.notes,
        terms=original.terms,
        payment_days=original.payment_days,
        copy_of=original.id,
    )


def _standard_rate(organization: Organization, original: Invoice) -> Decimal | None:
    """The rate that nobody had to name when the original was written; ``None`` when it is no longer known."""
    on = original.supplied_on or original.issued_on or clock.today(organization)
    try:
        return rate_for(organization, country=organization.country, category="S", on=on)
    except RateMissing:
        return None


def _line(line: InvoiceLine, standard: Decimal | None) -> LineInput:
    looked_up = line.tax_category != "S" or line.tax_percent == standard
    return LineInput(
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        unit=line.unit,
        discount_percent=line.discount_percent,
        tax_category=line.tax_category,
        item_id=line.item_id,
        tax_percent=None if looked_up else line.tax_percent,
    )
