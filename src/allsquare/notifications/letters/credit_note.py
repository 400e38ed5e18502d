"""The letter with a credit note."""

from __future__ import annotations

from django.db.models import Sum

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import gettext_noop as _noop
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Letter
from allsquare.notifications.letters.parts import letter
from allsquare.notifications.letters.payer import pay_button, under_button
from allsquare.payments.models import Freed


def credit_note(facts: Facts) -> Letter:
    """What is not asked for any more, what is still open, and what was paid for it. Raises :class:`NothingToSay`."""
    words, note = facts.words, facts.credit_note
    if note is None:
        raise NothingToSay(_noop("What this mail was to tell of is not there any more. Nothing was sent."))
    freed = Freed.objects.filter(organization=facts.organization, credit_note=note)
    kept = Money(int(freed.aggregate(total=Sum("amount_minor"))["total"] or 0), currency(note.currency))
    return letter(
        facts,
        subject=facts.say(words.credit_note_subject, note=note.number),
        figure_label=words.credited,
        paragraphs=(
            facts.say(words.credit_note_text),
            facts.say(words.credit_note_reason, reason=note.reason),
            facts.say(words.credit_note_open) if facts.open_amount else words.credit_note_settled,
            facts.say(words.credit_note_kept, kept=facts.money(kept)) if kept else "",
        ),
        rows=(
            (words.credit_note_number, note.number),
            (words.number, facts.say("{number}")),
            (words.still_open, facts.money(facts.open_amount) if facts.open_amount else ""),
        ),
        button=pay_button(facts),
        small=under_button(facts),
    )
