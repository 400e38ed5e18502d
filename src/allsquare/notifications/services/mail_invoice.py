"""A person sends an issued invoice by mail: once more, or to somebody who had no address when it was issued."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.models import CreditNote, Invoice
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.notifications.added import checked
from allsquare.notifications.drafts import draft, is_address
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.outbox import enqueue
from allsquare.notifications.services.resend import resend

_UNSENDABLE = ("draft", "void", "written_off", "credited")


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
    if invoice.state in _UNSENDABLE:
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


def send_document(
    organization: Organization,
    kind: MailKind,
    document: tuple[str, Invoice | CreditNote],
    *,
    invoice: Invoice,
    recipient: str,
    copies: Sequence[str],
    note: str,
    actor: Actor,
) -> Mail:
    """The mail about a document whose invoice is locked, so that two presses at once see one another's: the latest one
    again, or its first. Raises ``InvalidInput`` for what is no address."""
    recipient = recipient.strip()
    if not is_address(recipient):
        raise InvalidInput(
            _("This is not an e-mail address. Write it like name@example.com."), field="recipient"
        )
    added = checked(copies, note, besides=[recipient])
    table, row = document
    before = Mail.objects.filter(organization=organization, subject_id=row.id, kind=kind).order_by("-id")
    latest = before.filter(recipient=recipient).first() or before.first()
    if latest is not None:
        return resend(
            organization=organization,
            mail_id=latest.id,
            actor=actor,
            recipient=recipient,
            copies=added.copies,
            note=added.note,
        )
    mail = draft(
        organization,
        kind,
        subject=(table, row.id),
        recipient=recipient,
        language=invoice.language,
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        copies=added.copies,
        note=added.note,
    )
    (kept,) = enqueue(organization, [mail])
    news = News("mail.queued", "mail", kept.id, {"kind": kept.kind})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return kept
