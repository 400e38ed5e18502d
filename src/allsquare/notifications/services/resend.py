"""A person sends a mail again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.notifications.added import Added, checked, same_words
from allsquare.notifications.drafts import draft, is_address
from allsquare.notifications.errors import MailUnknown
from allsquare.notifications.kinds import PERSONAL, MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.outbox import enqueue

_UNDER_WAY = (Mail.State.QUEUED, Mail.State.SENDING)


def resend(
    *,
    organization: Organization,
    mail_id: UUID,
    actor: Actor,
    recipient: str = "",
    copies: Sequence[str] = (),
    note: str = "",
) -> Mail:
    """Queue the mail once more, to the same address or to ``recipient``; returns the new mail. ``copies`` and ``note``
    are its own: those of the earlier one are not said again.

    While such a mail is still under way to that address nothing is added and that one is returned, so a double
    click sends one. Raises :class:`PermissionDenied`, :class:`MailUnknown`, :class:`InvalidInput`, and
    :class:`MailUnderWay` when the one under way says something else.
    """
    require(organization, actor, Permission.SEND_MAIL)
    recipient = recipient.strip()
    if recipient and not is_address(recipient):
        raise InvalidInput(
            _("This is not an e-mail address. Write it like name@example.com."), field="recipient"
        )
    with transaction.atomic():
        old = Mail.objects.select_for_update().filter(organization=organization, id=mail_id).first()
        if old is None:
            raise MailUnknown(_("There is no such mail."))
        to = recipient or old.recipient
        added = checked(copies, note, besides=[to])
        if MailKind(old.kind) in PERSONAL and to != old.recipient:
            raise InvalidInput(_("This mail is for that person alone."), field="recipient")
        if MailKind(old.kind) in PERSONAL and (added.copies or added.note):
            raise InvalidInput(_("This mail is for that person alone."), field="copies")
        same = Mail.objects.filter(
            organization=organization,
            subject_id=old.subject_id,
            kind=old.kind,
            recipient=to,
        ).order_by("-repeat")
        latest = same.first()
        if latest and latest.state in _UNDER_WAY:
            return same_words(latest, added)
        if latest and latest.state == Mail.State.HELD:
            return _release(organization, latest, added, actor)
        again = _copy(organization, old, to, latest.repeat + 1 if latest else 0, added)
        if not enqueue(organization, [again]):
            # Somebody else did the same a moment ago, from another of its mails.
            return same.get(repeat=again.repeat)
        news = News("mail.queued", "mail", again.id, {"kind": again.kind, "again": str(old.id)})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return again


def _release(organization: Organization, mail: Mail, added: Added, actor: Actor) -> Mail:
    """A mail that a restore held was not sent under this row: it is sent now, and once. The job of then may still
    wait in the queue, and there is one for each mail at most; where there is none, ``retry_due`` makes it."""
    mail.state, mail.next_try_at, mail.error = Mail.State.QUEUED, clock.now(None), ""
    mail.copies, mail.note = added.copies or mail.copies, added.note or mail.note
    mail.save(update_fields=["state", "next_try_at", "error", "copies", "note"])
    news = News("mail.queued", "mail", mail.id, {"kind": mail.kind, "held": True})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return mail


def _copy(organization: Organization, old: Mail, recipient: str, repeat: int, added: Added) -> Mail:
    return draft(
        organization,
        MailKind(old.kind),
        subject=(old.subject_type, old.subject_id),
        recipient=recipient,
        language=old.language,
        invoice_id=old.invoice_id,
        payment_id=old.payment_id,
        customer_id=old.customer_id,
        repeat=repeat,
        copies=added.copies,
        note=added.note,
    )
