"""The words by which an invoice or a credit note is found: of its number, and of the buyer's reference."""

from __future__ import annotations

from typing import Final

from allsquare.core.vectors import WordsOf

#: An index of the table has these; what settling changes is not among them.
INVOICE_WORDS: Final = WordsOf("number", "reference", numbers=["number"])
CREDIT_NOTE_WORDS: Final = WordsOf("number", numbers=["number"])
