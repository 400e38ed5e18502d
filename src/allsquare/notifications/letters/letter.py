"""The one shape that every mail has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Of buttons and links, where the organization has no colour of its own. White is read on it.
ACCENT: Final = "#1f5fcd"


@dataclass(frozen=True, slots=True)
class Button:
    """``fallback`` introduces the address for those whose mail program shows no button."""

    label: str
    url: str
    fallback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """All texts are plain text and are escaped where they are shown.

    From the top: who writes (``sender``), the figure that it is about with a word above and below it, sentences,
    labelled facts, at most one button with its address written out, ``small`` sentences under it, and the
    sender's particulars (``footer``). ``preview`` is what lists of mails show beside the subject.
    """

    language: str
    subject: str
    preview: str
    sender: str
    figure_label: str
    figure: str
    figure_note: str = ""
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str], ...] = ()
    button: Button | None = None
    small: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    accent: str = ACCENT
