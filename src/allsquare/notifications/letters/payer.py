"""Letters to whoever pays."""

from __future__ import annotations

from allsquare.billing.states import STANDING
from allsquare.core.clock import local
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import shown
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Button, Letter
from allsquare.notifications.letters.parts import letter
from allsquare.notifications.letters.saved_words import saved_words
from allsquare.notifications.receipt import receipt_number
from allsquare.payments.models import Payment


def invoice(facts: Facts) -> Letter:
    """An invoice with its pay button. Raises :class:`NothingToSay` when it must not be paid any more."""
    words, found = facts.words, facts.invoice
    if found is None or found.state not in STANDING:
        raise NothingToSay(
            _noop("The invoice is not to be paid (void, written off or a draft). Nothing was sent.")
        )
    unit = currency(found.currency)
    dated = found.due_on is not None and facts.open_amount is not None
    partly_paid = found.paid_minor > 0 and facts.open_amount is not None
    return letter(
        facts,
        subject=facts.say(words.invoice_subject_due if dated else words.invoice_subject),
        figure_label=words.amount_due if facts.open_amount else words.invoice_total,
        figure_note=facts.say(words.due) if dated else "",
        paragraphs=(
            facts.say(words.invoice_text),
            words.invoice_how if facts.open_amount else words.invoice_settled,
        ),
        rows=(
            (words.number, found.number or ""),
            (words.issued, facts.day(found.issued_on)),
            (words.reference, found.reference),
            (
                words.total,
                facts.money(Money(found.total_minor, unit)) if partly_paid or found.credited_minor else "",
            ),
            (words.credited, facts.money(Money(found.credited_minor, unit)) if found.credited_minor else ""),
            (words.paid, facts.money(Money(found.paid_minor, unit)) if partly_paid else ""),
        ),
        button=pay_button(facts),
        small=under_button(facts),
    )


def receipt(facts: Facts) -> Letter:
    """Money came. What is still open can be paid from here."""
    words, payment = facts.words, _payment(facts)
    credit = Money(facts.credit_minor, currency(payment.currency))
    if facts.allocated_minor and facts.invoice and facts.invoice.state == "paid":
        standing = words.receipt_all_paid
    else:
        standing = facts.say(words.receipt_open) if facts.open_amount else ""
    return letter(
        facts,
        subject=facts.for_what(
            words.receipt_subject, words.receipt_subject_several, words.receipt_subject_on_account
        ),
        figure_label=words.received,
        paragraphs=(
            facts.for_what(words.receipt_text, words.receipt_text_several, words.receipt_text_on_account),
            saved_words(words.language).charged if facts.autopay else "",
            standing,
            _credit_words(facts, credit),
            *_agreed(facts),
        ),
        rows=(
            *_about_payment(facts),
            (words.receipt_number, receipt_number(payment)),
            (words.still_open, facts.money(facts.open_amount) if facts.open_amount else ""),
            (words.credit, facts.money(credit) if credit else ""),
            (words.tip, facts.money(Money(facts.tip_minor, credit.currency)) if facts.tip_minor else ""),
            (saved_words(words.language).mandate, facts.saved.mandate if facts.saved else ""),
        ),
        button=pay_button(facts),
        small=under_button(facts),
    )


def pending(facts: Facts) -> Letter:
    """A bank debit was accepted; the money comes, or not, in some days."""
    words, payment = facts.words, _payment(facts)
    expected = facts.day(payment.expected_on)
    return letter(
        facts,
        subject=facts.say(words.pending_subject),
        figure_label=words.under_way,
        paragraphs=(
            facts.for_what(words.pending_text, words.pending_text_several, words.pending_text_on_account),
            facts.say(words.pending_expected, day=expected) if expected else "",
            words.pending_next,
            *_agreed(facts),
        ),
        rows=(
            *(facts.rows_of_several() or ((words.number, facts.say("{number}")),)),
            (words.method, facts.method()),
        ),
        small=_questions(facts),
    )


def failed(facts: Facts) -> Letter:
    """A bank debit bounced: what that means, and how to pay now."""
    words, payment = facts.words, _payment(facts)
    reason = words.reasons.get(payment.failure_code) or shown(payment.failure_message)
    return letter(
        facts,
        subject=facts.say(words.failed_subject),
        figure_label=words.not_paid,
        paragraphs=(
            facts.for_what(words.failed_text, words.failed_text_several, words.failed_text_on_account),
            facts.say(words.failed_reason, reason=reason) if reason else "",
            (facts.say(words.failed_open) if facts.open_amount else words.failed_closed)
            if facts.invoice
            else "",
        ),
        rows=((words.number, facts.say("{number}")), (words.method, facts.method())),
        button=pay_button(facts),
        small=under_button(facts),
    )


def refund(facts: Facts) -> Letter:
    """Money went back."""
    words = facts.words
    return letter(
        facts,
        subject=facts.say(words.refund_subject),
        figure_label=words.refunded,
        paragraphs=(facts.say(words.refund_text), facts.say(words.refund_slow)),
        rows=((words.number, facts.say("{number}")), (words.method, facts.method())),
        small=_questions(facts),
    )


def _credit_words(facts: Facts, credit: Money) -> str:
    """What became of money that no invoice needed; where none was asked for, all of it is credit anyhow."""
    if not credit or not (facts.invoice or facts.several):
        return ""
    words = facts.words
    pattern = words.receipt_credit if facts.invoice else words.receipt_credit_several
    return facts.say(pattern, amount=facts.money(credit))


def _agreed(facts: Facts) -> tuple[str, ...]:
    """What they agreed to, in the very words, when they let their card or mandate be kept with this payment."""
    if facts.consent is None or (_payment(facts).reader and facts.saved is None):  # it could not be kept
        return ()
    words = saved_words(facts.words.language)
    return facts.say(words.agreed, text=facts.consent.text), words.agreed_end


def _payment(facts: Facts) -> Payment:
    if facts.payment is None:
        raise NothingToSay(
            _noop("The payment that this mail was to tell of is not there any more. Nothing was sent.")
        )
    return facts.payment


def _about_payment(facts: Facts) -> tuple[tuple[str, str], ...]:
    words, payment = facts.words, _payment(facts)
    on = payment.received_on or (payment.settled_at and local(facts.organization, payment.settled_at).date())
    return (
        *(facts.rows_of_several() or ((words.number, facts.say("{number}")),)),
        (words.paid_on, facts.day(on or None)),
        (words.method, facts.method()),
    )


def pay_button(facts: Facts) -> Button | None:
    """``None`` when nothing can be paid."""
    if not facts.pay_url or facts.open_amount is None:
        return None
    label = facts.say(facts.words.pay, amount=facts.money(facts.open_amount))
    return Button(label, facts.pay_url, facts.words.button_fails)


def under_button(facts: Facts) -> tuple[str, ...]:
    """A warning not to pass the address on, and whom to ask."""
    return (facts.words.keep_link if facts.pay_url else "", *_questions(facts))


def _questions(facts: Facts) -> tuple[str, ...]:
    return (facts.say(facts.words.questions),) if facts.organization.email else ()
