"""The words by which a customer is found."""

from __future__ import annotations

from typing import Final

from allsquare.core.vectors import WordsOf

#: An index of the table has these.
CUSTOMER_WORDS: Final = WordsOf("name", "contact_name", "email", "tax_id", "city", "postal_code")
