"""What letters of every kind have in common."""

from __future__ import annotations

from allsquare.core import colours
from allsquare.core.formatting import locale_of
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import ACCENT, Button, Letter

Rows = tuple[tuple[str, str], ...]


def letter(
    facts: Facts,
    *,
    subject: str,
    figure_label: str,
    figure: str | None = None,
    figure_note: str = "",
    paragraphs: tuple[str, ...],
    rows: Rows = (),
    button: Button | None = None,
    small: tuple[str, ...] = (),
) -> Letter:
    """A letter from the organization. What a person wrote comes first, after the greeting. Empty sentences and facts
    are left out; ``figure`` is the sum that the mail is about unless it says otherwise."""
    org, words = facts.organization, facts.words
    sentences = tuple(text for text in paragraphs if text)
    return Letter(
        language=facts.language,
        accent=colours.on_light(org.brand_color) if org.brand_color else ACCENT,
        subject=one_line(subject),
        preview=sentences[0],
        sender=one_line(org.mail_name or org.name),
        figure_label=figure_label,
        figure=facts.money(facts.amount) if figure is None else figure,
        figure_note=figure_note,
        paragraphs=tuple(text for text in (words.hello, facts.note, *sentences) if text),
        rows=tuple((label, text) for label, text in rows if text),
        button=button,
        small=tuple(text for text in small if text),
        footer=_particulars(facts),
    )


def one_line(text: str) -> str:
    """Without line breaks and control characters: what may stand in a header of a mail."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def _particulars(facts: Facts) -> tuple[str, ...]:
    """Who writes, as business letters must say: name, address, how to reach them, tax number."""
    org = facts.organization
    place = " ".join(part for part in (org.postal_code, org.city) if part)
    country = locale_of(facts.language).territories.get(org.country, org.country)
    lines = (
        org.legal_name or org.name,
        ", ".join(part for part in (org.street, place, org.region, country) if part),
        " · ".join(part for part in (org.email, org.phone, org.tax_id) if part),
    )
    return tuple(line for line in lines if line)
