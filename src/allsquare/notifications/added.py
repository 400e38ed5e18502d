"""What a person adds to a mail of ours: copies to others, and words of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from allsquare.core import checks
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.notifications.drafts import is_address
from allsquare.notifications.errors import MailUnderWay
from allsquare.notifications.models import Mail

#: More are a mailing, which is not what an invoice's mail is for.
MOST_COPIES: Final = 5
LONGEST_NOTE: Final = 1_000
_BETWEEN: Final = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Added:
    """Checked by :func:`checked`."""

    copies: list[str]
    note: str


def addresses_in(text: str) -> list[str]:
    """As people write several: with commas, semicolons or lines between them."""
    return [part for part in _BETWEEN.split(text) if part]


def note_of(text: str) -> str:
    """A note as it is kept: browsers post each new line as two characters. Raises ``InvalidInput``."""
    note = checks.storable(text.replace("\r\n", "\n").strip())
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(_("Say it in %(most)s characters.") % {"most": LONGEST_NOTE}, field="note")
    return note


def checked(copies: Sequence[str], note: str, *, besides: Sequence[str] = ()) -> Added:
    """Tidied; each address once, and none that is among the recipients (``besides``). Raises :class:`FieldErrors`."""
    errors: dict[str, str] = {}
    taken = {address.strip().lower() for address in besides}
    found: dict[str, str] = {}
    for address in (copy.strip() for copy in copies):
        if not is_address(address):
            errors["copies"] = _("“%(text)s” is not an e-mail address. Write it like name@example.com.") % {
                "text": address[:60]
            }
        elif address.lower() not in taken:
            found.setdefault(address.lower(), address)
    if len(found) > MOST_COPIES:
        errors["copies"] = _("Send copies to at most %(most)s addresses.") % {"most": MOST_COPIES}
    try:
        note = note_of(note)
    except InvalidInput as error:
        errors["note"] = error.message
    if errors:
        raise FieldErrors(errors)
    return Added(list(found.values()), note)


def same_words(mail: Mail, added: Added) -> Mail:
    """The mail that is under way, where it says the same or nothing was added. Raises :class:`MailUnderWay`: what a
    person wrote must not get lost without a word."""
    if (added.copies or added.note) and (mail.copies, mail.note) != (added.copies, added.note):
        raise MailUnderWay(
            _(
                "A mail about this is still on its way to that address. Wait until it is sent, then send yours."
            )
        )
    return mail
