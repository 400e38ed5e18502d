"""Letters to the people who run the business."""

from __future__ import annotations

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import gettext_noop as _noop
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Button, Letter
from allsquare.notifications.letters.parts import letter
from allsquare.payments.attention import GATEWAY_BACK, GATEWAY_DOWN
from allsquare.payments.models import Attention


def payment_notice(facts: Facts) -> Letter:
    """What came, what the provider kept of it, and what became of the invoice."""
    words, payment, invoice = facts.words, facts.payment, facts.invoice
    if payment is None:
        raise NothingToSay(
            _noop("The payment that this mail was to tell of is not there any more. Nothing was sent.")
        )
    unit = currency(payment.currency)
    fee = Money(payment.fee_minor, unit)
    credit = Money(facts.credit_minor, unit)
    return letter(
        facts,
        subject=facts.for_what(
            words.notice_subject, words.notice_subject_several, words.notice_subject_on_account
        ),
        figure_label=words.payment_received,
        paragraphs=(
            facts.for_what(words.notice_text, words.notice_text_several, words.notice_text_on_account),
        ),
        rows=(
            (words.customer, facts.say("{customer}")),
            *(facts.rows_of_several() or ((words.number, facts.say("{number}")),)),
            (words.state, words.states.get(invoice.state, invoice.state) if invoice else ""),
            (words.still_open, facts.money(facts.open_amount) if facts.open_amount else ""),
            (words.method, facts.method()),
            (words.fee, facts.money(fee) if fee else ""),
            (words.net, facts.money(facts.amount - fee) if fee else ""),
            (words.credit, facts.money(credit) if credit else ""),
            (words.tip, facts.money(Money(facts.tip_minor, unit)) if facts.tip_minor else ""),
        ),
        button=Button(words.notice_button, facts.console_url, words.button_fails),
    )


def dispute_won(facts: Facts) -> Letter:
    """Good news: nobody has to do anything."""
    words = facts.words
    return letter(
        facts,
        subject=facts.say(words.won_subject),
        figure_label=words.won_figure,
        paragraphs=(facts.say(words.won_text),),
        rows=(
            (words.customer, facts.say("{customer}")),
            (words.number, facts.say("{number}")),
            (words.method, facts.method()),
        ),
        button=Button(words.notice_button, facts.console_url, words.button_fails),
    )


def attention(facts: Facts) -> Letter:
    """A task that no rule can decide."""
    words, task = facts.words, facts.attention
    if task is None:
        raise NothingToSay(
            _noop("The task that this mail was to tell of is not there any more. Nothing was sent.")
        )
    if task.kind in (GATEWAY_DOWN, GATEWAY_BACK):
        return _outage(facts, task)
    return letter(
        facts,
        subject=words.attention_subject.format(what=task.headline),
        figure_label=words.attention_figure,
        figure=facts.money(facts.amount) if facts.payment else "",
        paragraphs=(words.attention_text, task.text),
        rows=(
            (words.customer, facts.say("{customer}")),
            (words.number, facts.say("{number}")),
            (words.method, facts.method()),
        ),
        button=Button(words.attention_button, facts.console_url, words.button_fails),
    )


def _outage(facts: Facts, task: Attention) -> Letter:
    """A provider does not answer, or does so again: nobody has to decide anything."""
    words, what = facts.words, str(task.data.get("provider") or "")
    subject = words.down_subject if task.kind == GATEWAY_DOWN else words.back_subject
    return letter(
        facts,
        subject=subject.format(what=what),
        figure_label=words.provider_figure,
        figure=what,
        paragraphs=(task.text,),
        button=Button(words.attention_button, facts.console_url, words.button_fails),
    )
