"""Mails of a rehearsal: they never reach a customer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from allsquare.core.words import gettext_noop as _noop
from allsquare.identity.models import Organization
from allsquare.identity.selectors import people_told_of_payments
from allsquare.notifications.errors import Refused
from allsquare.notifications.kinds import PERSONAL, TO_STAFF, MailKind
from allsquare.notifications.letters.languages import words_for
from allsquare.notifications.letters.letter import Letter
from allsquare.notifications.models import Mail

#: Written to members and to those who are invited, in a rehearsal too.
_TO_US: Final = TO_STAFF | PERSONAL


def recipient(organization: Organization, mail: Mail) -> str:
    """Who really gets the mail: in a rehearsal the organization itself, or an owner where it has no address, in
    place of a customer. Raises :class:`Refused` where nobody is left."""
    if not _is_led_back(organization, mail):
        return mail.recipient
    found = organization.email or next((p.email for p in people_told_of_payments(organization)), "")
    if not found:
        raise Refused(
            _noop("This is a rehearsal, and the organization has no address of its own to send it to.")
        )
    return found


def copies(organization: Organization, mail: Mail) -> list[str]:
    """Who really gets a copy: nobody in a rehearsal."""
    return [] if _is_led_back(organization, mail) else [str(address) for address in mail.copies]


def marked(organization: Organization, mail: Mail, letter: Letter) -> Letter:
    """In a rehearsal the letter begins with whom it would have reached."""
    if not _is_led_back(organization, mail):
        return letter
    words = words_for(mail.language)
    note = words.rehearsal.format(recipient=mail.recipient)
    return replace(
        letter,
        subject=f"[{words.rehearsal_mark}] {letter.subject}",
        paragraphs=(note, *letter.paragraphs),
    )


def _is_led_back(organization: Organization, mail: Mail) -> bool:
    return organization.rehearsal and MailKind(mail.kind) not in _TO_US
