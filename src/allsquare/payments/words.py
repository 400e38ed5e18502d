"""The words by which a movement at a provider is found: what it was for, and its name there."""

from __future__ import annotations

from typing import Final

from allsquare.core.vectors import WordsOf

MOVEMENT_WORDS: Final = WordsOf("memo", "reference")
