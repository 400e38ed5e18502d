"""A letter as HTML and as plain text.

The layout is written in MJML, which knows what mail programs need. It is compiled once per process, with
Django's placeholders still in it, so no text that anybody typed ever passes the compiler, and all are escaped
by Django's templates like on any page.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from django.template import engines
from django.template.backends.django import Template
from mjml import mjml2html

from allsquare.notifications.letters.letter import Letter

_LAYOUT: Final = Path(__file__).parents[1] / "templates" / "notifications" / "letter.mjml"


def as_html(letter: Letter, *, logo_url: str = "") -> str:
    """A whole HTML document. ``logo_url`` is ``cid:…`` in a mail and ``data:…`` where it is only looked at."""
    return _layout().render({"letter": letter, "logo_url": logo_url})


def as_text(letter: Letter) -> str:
    """The same for those who read plain text: sentences, facts, and the button's address on a line of its own."""
    figure = ": ".join(part for part in (letter.figure_label, letter.figure) if part)
    figure = ", ".join(part for part in (figure, letter.figure_note) if part)
    facts = "\n".join(f"{label}: {text}" for label, text in letter.rows)
    button = f"{letter.button.label}:\n{letter.button.url}" if letter.button else ""
    small = "\n".join(letter.small)
    signature = "\n".join(("-- ", *letter.footer))
    parts = ("\n\n".join(letter.paragraphs), figure, facts, button, small, signature)
    return "\n\n".join(part for part in parts if part) + "\n"


@cache
def _layout() -> Template:
    template = engines["django"].from_string(mjml2html(_LAYOUT.read_text(encoding="utf-8")))
    if not isinstance(template, Template):
        raise TypeError("the template engine named django must be Django's")
    return template
