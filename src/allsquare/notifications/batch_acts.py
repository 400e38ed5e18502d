"""Sending many mails again, and deciding about many that are held."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.selectors import get_invoice
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given
from allsquare.core.errors import Conflict
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.selectors import mails_of
from allsquare.notifications.services.leave_unsent import leave_unsent
from allsquare.notifications.services.resend import resend


def _send_invoice(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    invoice = get_invoice(organization, name)
    sent = [mail for mail in mails_of(organization, [invoice.id]) if mail.kind == MailKind.INVOICE]
    if not sent:
        raise Conflict(_("It was never sent: it is a draft, or its customer has no e-mail address."))
    return _send(organization, actor, sent[-1].id, _given)


def _send(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    again = resend(organization=organization, mail_id=name, actor=actor)
    return _("On its way to %(recipient)s.") % {"recipient": again.recipient}


def _leave(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    leave_unsent(organization=organization, mail_id=name, actor=actor)
    return _("Left unsent.")


SEND_INVOICES: Final = BatchAct(name="invoices.send", permission=Permission.SEND_MAIL, run=_send_invoice)
SEND_MAILS: Final = BatchAct(name="mails.send", permission=Permission.SEND_MAIL, run=_send)
LEAVE_MAILS: Final = BatchAct(name="mails.leave", permission=Permission.SEND_MAIL, run=_leave)
