"""The letter with an account to which the payer sends money by themselves."""

from __future__ import annotations

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Button, Letter
from allsquare.notifications.letters.parts import letter
from allsquare.payments.slips import rows_of


def transfer(facts: Facts) -> Letter:
    """Where to, how much is missing, and what to write: so it can be handed on to whoever pays."""
    words, payment, slip = facts.words, facts.payment, facts.slip
    assert payment is not None  # noqa: S101  # without them it has nothing to say
    assert slip is not None  # noqa: S101  # as above
    unit = currency(payment.currency)
    missing = Money(slip.remaining_minor, unit)
    came = Money(payment.amount_minor - slip.remaining_minor, unit)
    return letter(
        facts,
        subject=facts.say(words.transfer_subject, missing=facts.money(missing)),
        figure_label=words.transfer_figure,
        figure=facts.money(missing),
        paragraphs=(
            facts.say(words.transfer_part, came=facts.money(came)) if came.minor else "",
            facts.for_what(words.transfer_text, words.transfer_text_several, words.transfer_text_on_account),
            words.transfer_next,
        ),
        rows=(
            *rows_of(slip),
            (words.transfer_reference, slip.reference),
            (words.number, facts.number),
        ),
        button=Button(words.transfer_button, slip.url, words.button_fails) if slip.url else None,
    )
