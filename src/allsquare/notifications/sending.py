"""A person sends a document by mail: how that goes, whichever document it is."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from allsquare.billing.models import CreditNote, Invoice
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.notifications.added import checked
from allsquare.notifications.drafts import draft, is_address
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.outbox import enqueue
from allsquare.notifications.services.resend import resend


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
