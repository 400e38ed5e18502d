"""Credit notes for tests, by the real service."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from allsquare.billing.crediting import Wanted, everything, lines_left
from allsquare.billing.models import CreditNote, Invoice
from allsquare.core.actor import SYSTEM, Actor
from allsquare.payments.services.credit_invoice import credit_invoice
from tests.payments.makers import a_key


def credit(
    invoice: Invoice,
    wanted: dict[UUID, Wanted] | None = None,
    *,
    key: str = "",
    reason: str = "Sent back",
    actor: Actor = SYSTEM,
) -> CreditNote:
    """All that is left, unless it is said what; ``invoice`` is read again afterwards."""
    note = credit_invoice(
        organization=invoice.organization,
        invoice_id=invoice.id,
        wanted=everything(invoice.organization, invoice) if wanted is None else wanted,
        reason=reason,
        key=key or a_key(),
        actor=actor,
    )
    invoice.refresh_from_db()
    return note


def pieces(invoice: Invoice, quantity: str, *, position: int = 1) -> dict[UUID, Wanted]:
    return {_line(invoice, position): Wanted(quantity=Decimal(quantity))}


def off(invoice: Invoice, minor: int, *, position: int = 1) -> dict[UUID, Wanted]:
    return {_line(invoice, position): Wanted(amount_minor=minor)}


def _line(invoice: Invoice, position: int) -> UUID:
    return lines_left(invoice.organization, invoice)[position - 1].line.id
