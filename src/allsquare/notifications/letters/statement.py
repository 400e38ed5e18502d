"""The letter that brings a statement of account."""

from __future__ import annotations

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Letter
from allsquare.notifications.letters.parts import letter


def statement(facts: Facts) -> Letter:
    """What is owed at its end, in each currency."""
    words, found = facts.words, facts.statement
    if found is None:
        raise NothingToSay("The customer of this statement is not there any more. Nothing was sent.")
    days = {"start": facts.day(found.start), "end": facts.day(found.end)}
    owed = [
        facts.money(Money(each.closing_minor, currency(each.currency)))
        for each in found.currencies
        if each.closing_minor
    ]
    return letter(
        facts,
        subject=facts.say(words.statement_subject, **days),
        figure_label=facts.say(words.statement_balance, **days),
        figure=" · ".join(owed) or words.statement_square,
        paragraphs=(facts.say(words.statement_text, **days), words.statement_check),
        rows=(
            (words.customer, found.customer.name),
            (words.statement_period, "{start} – {end}".format(**days)),
        ),
        small=(facts.say(words.questions),) if facts.organization.email else (),
    )
