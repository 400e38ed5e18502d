"""A person sends a credit note by mail: once more, or to somebody who had no address when it was issued."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.billing.selectors import get_credit_note
from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.sending import send_document


@retrying
def mail_credit_note(
    *,
    organization: Organization,
    credit_note_id: UUID,
    recipient: str,
    actor: Actor,
    copies: Sequence[str] = (),
    note: str = "",
) -> Mail:
    """As ``mail_invoice``: one that is still under way to that address is returned instead. Raises
    ``CreditNoteUnknown``, ``InvalidInput`` for what is no address."""
    require(organization, actor, Permission.SEND_MAIL)
    found = get_credit_note(organization, credit_note_id)
    invoice = Invoice.objects.select_for_update(no_key=True).get(
        organization=organization, id=found.invoice_id
    )
    return send_document(
        organization,
        MailKind.CREDIT_NOTE,
        ("credit_note", found),
        invoice=invoice,
        recipient=recipient,
        copies=copies,
        note=note,
        actor=actor,
    )
