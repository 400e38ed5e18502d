"""Which languages mails speak."""

from __future__ import annotations

from typing import Final

from allsquare.notifications.letters.german import GERMAN
from allsquare.notifications.letters.words import ENGLISH, Words

_LANGUAGES: Final = {words.language: words for words in (ENGLISH, GERMAN)}


def words_for(language: str) -> Words:
    """The words of a language tag such as ``de``, ``de-AT`` or ``de_AT``; English for one that has none."""
    return _LANGUAGES.get(language.replace("_", "-").split("-")[0].lower(), ENGLISH)
