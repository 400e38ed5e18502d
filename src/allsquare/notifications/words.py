"""The words by which a mail is found."""

from __future__ import annotations

from typing import Final

from allsquare.core.vectors import WordsOf

#: An index of the table has these.
MAIL_WORDS: Final = WordsOf("recipient", "subject")
