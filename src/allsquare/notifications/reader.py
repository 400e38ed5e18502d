"""Follows the event log and puts the mails that its news ask for into the outbox.

The log is the queue: what happened is written once, in the transaction in which it happened, and a payment on
the hot path costs no mail row and no job. Position and mails commit together (``core.events.follow``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from allsquare.billing.services.send import mark_sent
from allsquare.core import events as log
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.core.restoration import perhaps_done
from allsquare.identity.models import Organization
from allsquare.identity.selectors import get_organization
from allsquare.notifications.after_restore import hold
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.news import mails_for
from allsquare.notifications.outbox import enqueue
from allsquare.notifications.people_news import mails_to_people
from allsquare.notifications.saved_news import mails_to_savers

#: Our name in ``ALLSQUARE_EVENT_READERS``.
NAME = "notifications"


def read(events: Sequence[Event]) -> None:
    """One batch of news, of any organizations, in log order. Repeats make no second mail."""
    for organization_id, news in groupby(
        sorted(events, key=lambda event: event.organization_id), key=lambda event: event.organization_id
    ):
        _read(get_organization(organization_id), list(news))


def skip_to_now() -> None:
    """Write no mail for what has happened so far: for history that is brought in, by a demonstration or an import.
    See :func:`allsquare.core.events.skip`."""
    log.skip(NAME)


def _mails(organization: Organization, news: Sequence[Event]) -> list[Mail]:
    if not news:
        return []
    return [
        *mails_for(organization, news),
        *mails_to_people(organization, news),
        *mails_to_savers(organization, news),
    ]


def _read(organization: Organization, news: Sequence[Event]) -> None:
    repeats = perhaps_done(news)
    mails = [hold(mail) for mail in _mails(organization, [event for event in news if event.id in repeats])]
    mails += _mails(organization, [event for event in news if event.id not in repeats])
    if mails:
        enqueue(organization, mails)
    sent = [
        UUID(str(event.data["subject_id"]))
        for event in news
        if event.kind == "mail.sent" and event.data.get("kind") == MailKind.INVOICE
    ]
    if sent:
        mark_sent(organization=organization, invoice_ids=sent, actor=SYSTEM)
