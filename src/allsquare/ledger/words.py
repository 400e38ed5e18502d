"""The words by which a journal entry is found, and which entries have them in an index."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from allsquare.core.vectors import WordsOf

#: An index of the table has these, of rare entries alone (:data:`RARE`).
ENTRY_WORDS: Final = WordsOf("memo")
#: Not those that come with every sale: they say no more than the document that they tell of, which has words itself.
RARE: Final = ~Q(kind__in=["invoice.issued", "payment.settled"])
