"""What crediting an invoice asks of what is there: an earlier press of the same form, pages that wait for a payer."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.selectors import get_credit_note
from allsquare.core.idempotency import answered
from allsquare.identity.models import Organization
from allsquare.payments import under_way
from allsquare.payments.models import Payment
from allsquare.payments.shares import payments_for
from allsquare.payments.states import PaymentState

#: Under this name ``once`` keeps which key issued which credit note.
CREDITING: Final = "credit_note.issue"


def credited_by(organization: Organization, invoice_id: UUID, key: str) -> CreditNote | None:
    """The credit note of this invoice that was issued under ``key``, if there is one."""
    answer = answered(organization_id=organization.id, operation=CREDITING, key=key)
    note = get_credit_note(organization, UUID(str(answer["credit_note"]))) if answer else None
    return note if note is not None and note.invoice_id == invoice_id else None


def pages_for_too_much(organization: Organization, invoice: Invoice) -> list[Payment]:
    """Pages of providers where a payer could still pay more than is open of the invoice, with what is under way."""
    undecided = Payment.objects.filter(
        organization=organization, state__in=[*under_way.STATES, PaymentState.NEEDS_ACTION]
    ).select_related("gateway_account")
    asking = payments_for(organization, [invoice.id], undecided.order_by("id"))
    return under_way.pages_for_too_much(asking, invoice.open_minor)
