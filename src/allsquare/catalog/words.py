"""The words by which an item is found."""

from __future__ import annotations

from typing import Final

from allsquare.core.vectors import WordsOf

#: An index of the table has these.
ITEM_WORDS: Final = WordsOf("code", "name", "description")
