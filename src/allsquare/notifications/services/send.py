"""One try to send one mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import AllsquareError
from allsquare.core.events import Data, News, record
from allsquare.core.words import gettext_noop as _noop
from allsquare.identity.models import Organization
from allsquare.notifications.compose import compose
from allsquare.notifications.delivery import deliver
from allsquare.notifications.errors import NothingToSay, Refused
from allsquare.notifications.models import Mail

S = Mail.State

#: Whoever is sending a mail for longer than this is dead, and another may take it.
LEASE: Final = timedelta(minutes=10)
#: Pauses after the first, second … failed try: about two days in all, as mail servers do (RFC 5321, 4.5.4.1: four
#: or five days at most).
PAUSES: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (30, 120, 600, *(hours * 3600 for hours in (1, 2, 4, 8, 8, 8, 16)))
)

_MOST_TRIES: Final = len(PAUSES) + 1


def send(*, organization: Organization, mail_id: UUID) -> Mail | None:
    """Take the mail, hand it to the mail server, and write down what became of it; returns the mail, or ``None``
    when there was nothing to do (it is sent, or somebody else is at it).

    That it is taken is committed before the mail server is called, so two workers never send it at once. After a
    crash between the server's *yes* and our commit it is sent again when ``LEASE`` is over, under the same
    Message-ID. The system does this by itself, so no actor is asked for. What goes wrong is kept with the mail.
    """
    mail = _take(organization, mail_id)
    if mail is None:
        return None
    if mail.tries > _MOST_TRIES:
        # Only a try that ended without a word leads here: it died, or raised what nobody foresaw.
        return _end(
            organization, mail, S.FAILED, _noop("Given up: every try broke off. See the worker's log.")
        )
    try:
        message = compose(organization, mail)
        mail.subject = message.subject[:250]
        deliver(message)
    except (NothingToSay, Refused) as error:
        return _end(organization, mail, S.FAILED, error.message)
    except AllsquareError as error:
        return _later(organization, mail, error.message)
    return _end(organization, mail, S.SENT)


def _take(organization: Organization, mail_id: UUID) -> Mail | None:
    now = clock.now(None)
    free = Q(state=S.QUEUED) | Q(state=S.SENDING, next_try_at__lte=now)
    mine = Mail.objects.filter(organization=organization, id=mail_id)
    with transaction.atomic(durable=True):
        taken = mine.filter(free).update(state=S.SENDING, tries=F("tries") + 1, next_try_at=now + LEASE)
    return mine.get() if taken else None


def _later(organization: Organization, mail: Mail, error: str) -> Mail:
    if mail.tries == _MOST_TRIES:
        return _end(organization, mail, S.FAILED, f"{_noop('Given up after the last try.')}\n{error}")
    mail.state, mail.error = S.QUEUED, error
    mail.next_try_at = clock.now(None) + PAUSES[mail.tries - 1]
    _write(organization, mail)
    return mail


def _end(organization: Organization, mail: Mail, state: Mail.State, error: str = "") -> Mail:
    """Sent or failed: said in the event log too, once. The log never forgets, so it names the mail and not the
    address."""
    mail.state, mail.error, mail.next_try_at = state, error, None
    mail.sent_at = clock.now(organization) if state == S.SENT else None
    with transaction.atomic():
        if _write(organization, mail):
            data: Data = {
                "kind": mail.kind,
                "subject_type": mail.subject_type,
                "subject_id": str(mail.subject_id),
                "error": error,
            }
            news = News(f"mail.{state}", "mail", mail.id, data)
            record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(organization))
    return mail


def _write(organization: Organization, mail: Mail) -> bool:
    """Only while the mail is still ours: if the lease ran out, another try counts (``tries`` tells them apart)."""
    ours = Mail.objects.filter(organization=organization, id=mail.id, state=S.SENDING, tries=mail.tries)
    return bool(
        ours.update(
            state=mail.state,
            error=mail.error,
            subject=mail.subject,
            next_try_at=mail.next_try_at,
            sent_at=mail.sent_at,
        )
    )
