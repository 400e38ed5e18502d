"""Letters about saved payment methods."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date as babel_date

from allsquare.core.formatting import locale_of
from allsquare.core.words import gettext_noop as _noop
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Button, Letter
from allsquare.notifications.letters.parts import letter
from allsquare.notifications.letters.saved_words import saved_words
from allsquare.payments.models import PaymentMethod


def method_link(facts: Facts) -> Letter:
    """The link in it is a key: see ``compose.preview``, which shows none."""
    words = saved_words(facts.words.language)
    return letter(
        facts,
        subject=facts.say(words.link_subject),
        figure_label=words.link_heading,
        figure="",
        paragraphs=(facts.say(words.link_text),),
        button=Button(words.link_button, facts.methods_url, facts.words.button_fails),
        small=(words.link_until, words.link_unasked),
    )


def expiring(facts: Facts) -> Letter:
    """A saved card is about to end. Raises :class:`NothingToSay` when it is saved no longer."""
    words, saved = saved_words(facts.words.language), facts.saved
    if saved is None or saved.removed_at is not None or not saved.expires:
        raise NothingToSay(_noop("This payment method is not saved any longer. Nothing was sent."))
    said = {"method": called(facts, saved), "month": _month(saved.expires, facts.language)}
    return letter(
        facts,
        subject=facts.say(words.expiring_subject, **said),
        figure_label=words.expiring_heading,
        figure=said["method"],
        paragraphs=(facts.say(words.expiring_text, **said), words.expiring_what),
        rows=((words.expires, said["month"]),),
        small=(facts.say(facts.words.questions),) if facts.organization.email else (),
    )


def called(facts: Facts, saved: PaymentMethod) -> str:
    """*Visa ending 4242*."""
    brand = saved.brand.replace("_", " ").title() or facts.words.methods.get(saved.kind, saved.kind)
    if not saved.last_four:
        return brand
    return facts.words.ending.format(brand=brand, last_four=saved.last_four)


def _month(expires: str, language: str) -> str:
    year, month = expires.split("-")
    return babel_date(date(int(year), int(month), 1), "LLLL y", locale=locale_of(language))
