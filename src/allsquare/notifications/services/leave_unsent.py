"""A person decides that a mail which a restore held is not sent: it arrived before, or nobody needs it any more."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import Conflict
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.notifications.errors import MailUnknown
from allsquare.notifications.models import Mail


@retrying
def leave_unsent(*, organization: Organization, mail_id: UUID, actor: Actor) -> Mail:
    """Once more changes nothing. Whoever thinks better of it sends the mail again.

    Raises :class:`PermissionDenied`, :class:`MailUnknown`, ``Conflict`` for a mail that is not held.
    """
    require(organization, actor, Permission.SEND_MAIL)
    mail = Mail.objects.select_for_update().filter(organization=organization, id=mail_id).first()
    if mail is None:
        raise MailUnknown(_("There is no such mail."))
    if mail.state == Mail.State.LEFT:
        return mail
    if mail.state != Mail.State.HELD:
        raise Conflict(_("This mail is not held: it was sent, or is on its way."))
    mail.state, mail.error = Mail.State.LEFT, ""
    mail.save(update_fields=["state", "error"])
    news = News("mail.left_unsent", "mail", mail.id, {"kind": mail.kind})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return mail
