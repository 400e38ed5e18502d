"""Letters about saved payment methods."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date as babel_date

from allsquare.core.formatting import locale_of
from allsquare.core.money import Money
from allsquare.core.words import gettext_noop as _noop
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Button, Letter
from allsquare.notifications.letters.parts import letter
from allsquare.notifications.letters.payer import pay_button, under_button
from allsquare.notifications.letters.saved_words import saved_words
from allsquare.payments.models import AutopayCharge, PaymentMethod


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


def open_link(facts: Facts) -> Letter:
    """As :func:`method_link`, to what is open."""
    words = saved_words(facts.words.language)
    return letter(
        facts,
        subject=facts.say(words.open_subject),
        figure_label=words.open_heading,
        figure="",
        paragraphs=(facts.say(words.open_text),),
        button=Button(words.open_button, facts.methods_url, facts.words.button_fails),
        small=(words.open_until, words.open_unasked),
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


def gone(facts: Facts) -> Letter:
    """A method to which invoices are charged by themselves is at its end, without its owner having removed it."""
    words, saved = saved_words(facts.words.language), facts.saved
    if saved is None:
        raise NothingToSay(_noop("What this mail was to tell of is not there any more. Nothing was sent."))
    said = {"method": called(facts, saved), "other": called(facts, facts.other) if facts.other else ""}
    return letter(
        facts,
        subject=facts.say(words.gone_subject, **said),
        figure_label=words.gone_heading,
        figure=said["method"],
        paragraphs=(
            facts.say(words.gone_text, **said),
            facts.say(words.gone_other, **said) if facts.other else words.gone_none,
        ),
        small=(facts.say(facts.words.questions),) if facts.organization.email else (),
    )


def planned(facts: Facts) -> Letter:
    """An invoice will be charged by itself. Raises :class:`NothingToSay` when it will not, by now."""
    words, charge, saved = saved_words(facts.words.language), facts.autopay, facts.saved
    if (
        charge is None
        or charge.state != AutopayCharge.State.PLANNED
        or saved is None
        or not facts.open_amount
    ):
        raise NothingToSay(_noop("This invoice will not be charged by itself any more. Nothing was sent."))
    said = {"method": called(facts, saved), "day": facts.day(charge.planned_on)}
    return letter(
        facts,
        subject=facts.say(words.planned_subject, **said),
        figure_label=words.planned_heading,
        figure_note=said["day"],
        paragraphs=(facts.say(words.planned_text, **said), words.planned_what, words.planned_end),
        rows=(
            (facts.words.number, facts.say("{number}")),
            (words.on, said["day"]),
            (facts.words.method, said["method"]),
        ),
        button=pay_button(facts),
        small=under_button(facts),
    )


def refused(facts: Facts) -> Letter:
    """It could not be charged: why as far as a payer may know, what happens next, how to pay. Raises
    :class:`NothingToSay` when the invoice asks for nothing by now."""
    words, charge, event = saved_words(facts.words.language), facts.autopay, facts.event
    if charge is None or event is None or not facts.open_amount:
        raise NothingToSay(_noop("The invoice asks for no money any more. Nothing was sent."))
    again = event.data.get("again_on")
    said = {
        "reason": words.reasons.get(str(event.data.get("reason")), ""),
        "day": facts.day(date.fromisoformat(again)) if isinstance(again, str) else "",
        "amount": facts.money(Money(charge.amount_minor, facts.open_amount.currency)),
    }
    if not charge.amount_minor:
        said["amount"] = facts.money(facts.open_amount)
    return letter(
        facts,
        subject=facts.say(words.refused_subject, **said),
        figure_label=words.refused_heading,
        figure=said["amount"],
        paragraphs=(
            " ".join(facts.say(words.refused_text, **said).split()),
            facts.say(words.refused_again, **said) if again else words.refused_over,
            words.refused_pay,
        ),
        rows=((facts.words.number, facts.say("{number}")), (words.on, said["day"])),
        button=pay_button(facts),
        small=under_button(facts),
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
