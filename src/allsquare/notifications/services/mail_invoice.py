"""A person sends an issued invoice by mail: once more, or to somebody who had no address when it was issued."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.models import Invoice
from allsquare.billing.states import STANDING
from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.sending import send_document


@retrying
def mail_invoice(
    *,
    organization: Organization,
    invoice_id: UUID,
    recipient: str,
    actor: Actor,
    copies: Sequence[str] = (),
    note: str = "",
) -> Mail:
    """Queue the invoice's mail to ``recipient``, with ``copies`` and a personal ``note``. One that is still under way
    to that address is returned instead, so a double click sends one.

    Raises ``InvoiceUnknown``, ``InvalidInput`` for what is no address, ``NothingToSay`` for a draft or a void one.
    """
    require(organization, actor, Permission.SEND_MAIL)
    # Locked, so that two presses at once see one another's mail.
    rows = Invoice.objects.select_for_update(no_key=True).filter(organization=organization, id=invoice_id)
    invoice = rows.first()
    if invoice is None:
        raise InvoiceUnknown(_("There is no such invoice."))
    if invoice.state not in STANDING:
        raise NothingToSay(_("Only an issued invoice that is not void can be sent."))
    return send_document(
        organization,
        MailKind.INVOICE,
        ("invoice", invoice),
        invoice=invoice,
        recipient=recipient,
        copies=copies,
        note=note,
        actor=actor,
    )
