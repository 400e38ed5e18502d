"""A mail to oneself, to see whether mails go out and what they look like."""

from __future__ import annotations

from datetime import timedelta
from email.headerregistry import Address
from typing import Final

from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.ratelimit import Limit, take
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.notifications.compose import new_message_id, own_address
from allsquare.notifications.delivery import deliver
from allsquare.notifications.drafts import is_address
from allsquare.notifications.errors import TooManyTests
from allsquare.notifications.letters.parts import one_line

TESTS: Final = Limit("test-mail", most=10, within=timedelta(minutes=10))


def send_test_mail(*, organization: Organization, recipient: str, actor: Actor) -> None:
    """At once and not by the outbox, so that whoever waits hears what went wrong. The mail server is called outside
    any transaction. Raises ``NotDelivered``, ``Refused``, ``InvalidInput``, ``TooManyTests``."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    if not is_address(recipient):
        raise InvalidInput(
            _("This is not an e-mail address. Write it like name@example.com."), field="recipient"
        )
    if not take(TESTS, str(organization.id)):
        raise TooManyTests(_("Ten tests in ten minutes are enough. Wait a little."))
    sender = one_line(organization.mail_name or organization.name)
    reply_to = organization.reply_to or organization.email
    message = EmailMultiAlternatives(
        subject=_("Test mail of %(name)s") % {"name": sender},
        body=_(
            "Mails of %(name)s go out: this is one.\n\nCustomers see this sender, and their answers go to %(reply)s.\n"
        )
        % {"name": sender, "reply": reply_to or own_address()},
        from_email=str(Address(sender, addr_spec=own_address())),
        to=[recipient],
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": new_message_id(new_id()), "Auto-Submitted": "auto-generated"},
    )
    deliver(message)
    news = News("mail.tested", "organization", organization.id, {})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
