"""What crediting an invoice asks of what is there: an earlier press of the same form."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from allsquare.billing.models import CreditNote
from allsquare.billing.selectors import get_credit_note
from allsquare.core.idempotency import answered
from allsquare.identity.models import Organization

#: Under this name ``once`` keeps which key issued which credit note.
CREDITING: Final = "credit_note.issue"


def credited_by(organization: Organization, invoice_id: UUID, key: str) -> CreditNote | None:
    """The credit note of this invoice that was issued under ``key``, if there is one."""
    answer = answered(organization_id=organization.id, operation=CREDITING, key=key)
    note = get_credit_note(organization, UUID(str(answer["credit_note"]))) if answer else None
    return note if note is not None and note.invoice_id == invoice_id else None
