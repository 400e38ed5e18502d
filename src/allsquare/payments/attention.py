"""What the tasks for a person say. A task keeps its kind and its facts; the sentence is made in the language of
whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.core.checks import cleaned
from allsquare.core.currencies import currency
from allsquare.core.formatting import format_date, format_instant, format_money, spoken_language
from allsquare.core.money import Money
from allsquare.payments.gateway_abilities import Sighting
from allsquare.risk.words import reasons

SECOND_CHARGE: Final = "second_charge"
SECOND_REFUND: Final = "second_refund"
MORE_WENT_BACK: Final = "more_went_back"
MONEY_LEFT: Final = "money_left"
MONEY_FOR_VOID_INVOICE: Final = "money_for_void_invoice"
MONEY_FOR_CREDITED_INVOICE: Final = "money_for_credited_invoice"
MONEY_FOR_WRITTEN_OFF_INVOICE: Final = "money_for_written_off_invoice"
PAID_TWICE: Final = "paid_twice"
DISPUTE_OPENED: Final = "dispute_opened"
DISPUTE_DUE: Final = "dispute_due"
DISPUTE_DUE_TOMORROW: Final = "dispute_due_tomorrow"
#: What asks for the answer to one dispute: each of them once, in this order.
ANSWER: Final = (DISPUTE_OPENED, DISPUTE_DUE, DISPUTE_DUE_TOMORROW)
DISPUTE_LOST: Final = "dispute_lost"
DISPUTE_WON_AFTER_ALL: Final = "dispute_won_after_all"
REFUND_FAILED: Final = "refund_failed"
REFUND_CAME_BACK: Final = "refund_came_back"
REFUND_TO_SEND: Final = "refund_to_send"
DELIVERY_PARKED: Final = "delivery_parked"
PROMISE_BROKEN: Final = "promise_broken"
LOST_CHARGE: Final = "lost_charge"
LOST_INVOICE: Final = "lost_invoice"
COMPARE_BY_HAND: Final = "compare_by_hand"
PAYOUT_FAILED: Final = "payout_failed"
PAYOUT_OF_OTHERS: Final = "payout_of_others"
NOT_TAKEN_IN: Final = "not_taken_in"
SALE_NOT_MADE: Final = "sale_not_made"
TIP_NOT_INVOICED: Final = "tip_not_invoiced"
PROVIDER_SILENT: Final = "provider_silent"
NOT_INSTALLED: Final = "not_installed"
GATEWAY_DOWN: Final = "gateway_down"
GATEWAY_BACK: Final = "gateway_back"
KEYS_REFUSED: Final = "keys_refused"
PRACTICE_IS_ON: Final = "practice_is_on"
ACCOUNT_TWICE: Final = "account_twice"
METHOD_NOT_FORGOTTEN: Final = "method_not_forgotten"
PAYMENT_BLOCKED: Final = "payment_blocked"
PAYMENT_REVIEW: Final = "payment_review"
PAYMENT_LEFT_OPEN: Final = "payment_left_open"
REFUND_LEFT_OPEN: Final = "refund_left_open"
DISPUTE_LEFT_OPEN: Final = "dispute_left_open"
#: What has had no end for too long; done by itself when it has one.
LEFT_OPEN: Final = (PAYMENT_LEFT_OPEN, REFUND_LEFT_OPEN, DISPUTE_LEFT_OPEN)
CAME_NOT: Final = "came_not"
CAME_OTHERWISE: Final = "came_otherwise"
CAME_AFTER_ALL: Final = "came_after_all"

#: What these tell of is customer credit until a person decides: it goes back, or it stays credit.
HELD_AS_CREDIT: Final = frozenset(
    {
        MONEY_FOR_VOID_INVOICE,
        MONEY_FOR_CREDITED_INVOICE,
        MONEY_FOR_WRITTEN_OFF_INVOICE,
        PAID_TWICE,
        DISPUTE_WON_AFTER_ALL,
        LOST_INVOICE,
        SALE_NOT_MADE,
        TIP_NOT_INVOICED,
    }
)

#: Facts of a task about a refused payment: another refund or a dispute decides first what is left of it, and a person
#: marked it as done.
HELD_ELSEWHERE: Final = "held_elsewhere"
BY_HAND: Final = "by_hand"

#: The facts are those of :func:`sentence`.
_SENTENCES: Final[Mapping[str, Promise]] = {
    SECOND_CHARGE: _("%(provider)s reports a second charge %(charge)s for one payment. Refund it there."),
    SECOND_REFUND: _(
        "%(provider)s reports a second refund %(charge)s of %(amount)s for one that was asked for. Your books have one "
        "of them. Look at it there: if both went out, ask the payer for one of them."
    ),
    MORE_WENT_BACK: _(
        "Of the charge %(charge)s of %(provider)s more went back than the %(amount)s that came, by refunds and "
        "disputes together. Look at it there: if all of it really went back, the rest is your loss, else ask the "
        "provider."
    ),
    MONEY_LEFT: _(
        "%(amount)s of a bank transfer lie with %(provider)s and no payment takes them (%(charge)s): too much was "
        "sent, it came when the transfer was not waited for any longer, or a refund had no bank account to go to. Your "
        "books do not have them. Give them back there, from that customer's cash balance."
    ),
    MONEY_FOR_VOID_INVOICE: _(
        "Money came for the void invoice %(invoice)s. It is held as customer credit: refund it or use it."
    ),
    MONEY_FOR_CREDITED_INVOICE: _(
        "Money came for invoice %(invoice)s, all of which was taken back by credit notes. It is held as customer "
        "credit: refund it or use it."
    ),
    MONEY_FOR_WRITTEN_OFF_INVOICE: _(
        "Money came for invoice %(invoice)s, which is written off. It is held as customer credit: take the write-off "
        "back and use the credit, or refund it."
    ),
    PAID_TWICE: _(
        "Invoice %(invoice)s was paid already, and is paid once more. The money is held as customer credit: give it "
        "back, or keep it for the next invoice as the payer wants."
    ),
    DISPUTE_OPENED: _(
        "The payer disputes %(amount)s of invoice %(invoice)s. Answer the provider with your evidence before "
        "the deadline it names."
    ),
    DISPUTE_LOST: _(
        "The payer's bank took %(amount)s of invoice %(invoice)s back for good. What was paid with it is open again: "
        "ask for it another way, or write it off."
    ),
    DISPUTE_WON_AFTER_ALL: _(
        "%(amount)s that a bank had taken back came once more. The money is held as customer credit: use it for what "
        "is open, or give it back."
    ),
    DISPUTE_DUE: _(
        "The dispute of %(amount)s can be answered until %(until)s. What the provider has by then is all that the bank "
        "will see."
    ),
    DISPUTE_DUE_TOMORROW: _(
        "Within a day, by %(until)s, the dispute of %(amount)s must be answered. Without an answer the money is lost."
    ),
    REFUND_FAILED: _(
        "A refund of %(amount)s did not reach the payer, and the money is not given back. Look at the reason, and "
        "refund it again or give it back another way."
    ),
    REFUND_CAME_BACK: _(
        "A refund came back from the payer's bank. The money is held as customer credit: give it back another "
        "way."
    ),
    REFUND_TO_SEND: _(
        "Send %(amount)s back by a bank transfer, for a payment of invoice %(invoice)s: the refund is written down, "
        "and no bank was told. When you have sent it, mark this as done."
    ),
    DELIVERY_PARKED: _(
        "News from a payment provider (%(news)s) could not be taken in. Look at its error and read it again."
    ),
    PROMISE_BROKEN: _(
        "Something in your books does not add up (promises broken: %(number)s). Look at the check of the books."
    ),
    LOST_CHARGE: _(
        "%(provider)s reports %(charge)s (%(amount)s) from the time that the restored backup does not know, and it "
        "could not be taken in. Look at it there, and enter here what is missing."
    ),
    LOST_INVOICE: _(
        "%(amount)s were paid for an invoice that the restored backup does not know (charge %(charge)s of "
        "%(provider)s). The money is held as customer credit: write the invoice again, and use the credit."
    ),
    PAYOUT_FAILED: _(
        "The bank did not take a payout of %(amount)s from %(provider)s. In your books the sum is with the provider "
        "again. Look at your bank account there, so that the next payout arrives."
    ),
    PAYOUT_OF_OTHERS: _(
        "Payouts from %(provider)s contain money that belongs to no payment here: somebody else, such as another shop, "
        "uses the same account there. Your books keep it on “Money of others” until you pass it on and book that. The "
        "payouts say which lines these are. Give each shop its own account there."
    ),
    COMPARE_BY_HAND: _(
        "After a restore, %(provider)s cannot say what happened since the backup. Compare its list with the payments "
        "here; when you mark this as done, it is offered to payers again, and what is due by agreement is charged."
    ),
    SALE_NOT_MADE: _(
        "%(amount)s were paid for something that could not be sold (%(news)s). The money is held as customer credit: "
        "give it back, or write an invoice and use the credit."
    ),
    TIP_NOT_INVOICED: _(
        "A tip of %(amount)s was given at a reader, and no invoice could be written for it (%(news)s). The money is "
        "held as customer credit: write an invoice and use the credit, or give it back."
    ),
    PROVIDER_SILENT: _(
        "After a restore, %(provider)s does not say what happened since the backup. Until it does, no money moves "
        "through it, and none by agreement through any other. It is asked again all the time: check its keys in the "
        "settings, and whether it can be reached. If you do not use it any more, switch it off: then nothing waits."
    ),
    NOT_INSTALLED: _(
        "Payments wait at %(provider)s, which is no longer installed here (%(news)s is not in ALLSQUARE_GATEWAYS): "
        "nobody can ask what becomes of them. Install it again until they have ended, then switch it off."
    ),
    GATEWAY_DOWN: _(
        "%(provider)s does not answer: %(number)s payments within minutes had no answer. New ones go to the next "
        "provider that takes them, where there is one. It is tried again by itself, and you hear when it is back."
    ),
    GATEWAY_BACK: _(
        "%(provider)s answers again and takes payments as before. It did not for %(number)s min. There is nothing to "
        "do."
    ),
    KEYS_REFUSED: _(
        "%(provider)s does not accept its keys: a customer could not pay through it. Look whether they were changed or "
        "withdrawn there, enter them anew in the settings of the provider, and test the connection."
    ),
    PRACTICE_IS_ON: _(
        "%(provider)s is in test mode and switched on: whoever pays with it pays nothing, and their invoice is paid "
        "all the same. Switch it off when you have tried it."
    ),
    ACCOUNT_TWICE: _(
        "%(provider)s leads to the same account at the provider as another one of this installation, so each payout is "
        "booked twice. Use only one of the two: switch the other off, withdraw its keys at the provider and remove its "
        "webhook there. If it belongs to somebody else, open an account of your own there."
    ),
    METHOD_NOT_FORGOTTEN: _(
        "%(provider)s refuses to end a payment method that was removed here: %(news)s It is not charged from here any "
        "more. End it there, or let the provider be told again."
    ),
    PAYMENT_BLOCKED: _(
        "Somebody was stopped who tried to pay %(amount)s of invoice %(invoice)s: %(reasons)s Nothing was charged. If "
        "it is a customer of yours, put their mail address on the list of allowed."
    ),
    PAYMENT_REVIEW: _(
        "A payment of %(amount)s needs a second look before anything is delivered: %(reasons)s Release it, or "
        "refuse it and give the money back."
    ),
    PAYMENT_LEFT_OPEN: _(
        "A payment of %(amount)s through %(provider)s has had no end since %(since)s. Look at it there. If the "
        "provider does not answer any more, say on the payment's page what you see."
    ),
    REFUND_LEFT_OPEN: _(
        "A refund of %(amount)s through %(provider)s has had no end since %(since)s, and its sum is kept for it. Look "
        "at it there. If the provider does not answer any more, say on the payment's page what you see."
    ),
    DISPUTE_LEFT_OPEN: _(
        "The dispute of %(amount)s at %(provider)s is not decided since %(since)s. Look at it there. If the provider "
        "does not answer any more, say on the dispute's page what you see."
    ),
    CAME_NOT: _(
        "%(provider)s says that a payment of %(amount)s did not come, which a colleague entered as come. Look at it "
        "there. If that is right, correct it on the payment's page: what was paid with it is open again then."
    ),
    CAME_OTHERWISE: _(
        "%(provider)s reports %(charge)s otherwise than a colleague entered it: %(amount)s more lie with the provider "
        "(below zero: less). Look at it there, and record the difference as a movement."
    ),
    CAME_AFTER_ALL: _(
        "%(provider)s reports the charge %(charge)s of %(amount)s, which a colleague entered and took back. Look at it "
        "there. If it came, say of its refund on the payment's page that it did not go: the money is customer credit "
        "then."
    ),
    NOT_TAKEN_IN: _(
        "%(provider)s lists %(charge)s (%(amount)s), and it could not be taken in. Look at it there, and enter here "
        "what is missing."
    ),
}
_DISPUTE_WITHOUT_INVOICE: Final = _(
    "The payer disputes %(amount)s. Answer the provider with your evidence before the deadline it names."
)

_LOST_WITHOUT_INVOICE: Final = _(
    "The payer's bank took %(amount)s back for good. What was paid with it is open again: ask for it another way, or "
    "write it off."
)
_TO_SEND_WITHOUT_INVOICE: Final = _(
    "Send %(amount)s back by a bank transfer: the refund of the payment is written down, and no bank was told. When "
    "you have sent it, mark this as done."
)

_REFUSED: Final = _(
    "A payment of %(amount)s was refused after a second look, and its money is not on its way back. Try again, or give "
    "it back another way and mark this as done."
)
_REFUSED_AND_HELD: Final = _(
    "A payment of %(amount)s was refused after a second look. Another refund or a dispute holds its money: when that "
    "ends, this is done by itself, or it says that money is left to give back."
)
_BLOCKED_AT_A_LINK: Final = _(
    "Somebody was stopped who tried to pay %(amount)s by a payment link: %(reasons)s Nothing was charged. If it is a "
    "customer of yours, put their mail address on the list of allowed."
)

#: What is said where no invoice is known.
_WITHOUT_INVOICE: Final[Mapping[str, Promise]] = {
    DISPUTE_OPENED: _DISPUTE_WITHOUT_INVOICE,
    DISPUTE_LOST: _LOST_WITHOUT_INVOICE,
    REFUND_TO_SEND: _TO_SEND_WITHOUT_INVOICE,
    PAYMENT_BLOCKED: _BLOCKED_AT_A_LINK,
}


def sentence(kind: str, data: Mapping[str, object]) -> str:
    """``data`` is what the task or its event keeps: ``invoice`` (its number), ``amount_minor`` with ``currency``,
    ``provider`` and ``charge`` (what we call the one and it calls the other), ``news`` (its word for what happened),
    ``number`` (how many), ``until`` with ``zone`` (an instant, and by whose clocks it is told), ``reasons`` with
    ``base_currency`` (see ``risk.words``), ``refused`` (what was held is not wanted; with ``held_elsewhere``, what
    becomes of it is not known yet).

    A ``text`` in it is from a version that kept whole sentences, and is shown as it is.
    """
    text = data.get("text")
    if isinstance(text, str):
        return text
    pattern = _pattern(kind, data)
    return _filled(str(pattern), data) if pattern else _name(kind)


def headline(kind: str, data: Mapping[str, object]) -> str:
    """What happened, as short as a mail's subject: the first clause of the sentence. It is cut before the facts are
    put in, so that no name or number of theirs ends it."""
    pattern = None if isinstance(data.get("text"), str) else _pattern(kind, data)
    return _filled(_FIRST_CLAUSE.split(str(pattern), 1)[0], data) if pattern else sentence(kind, data)


_FIRST_CLAUSE: Final = re.compile(r"[.:](?=\s|$)")


def _name(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def _pattern(kind: str, data: Mapping[str, object]) -> Promise | None:
    if kind in _WITHOUT_INVOICE and not data.get("invoice"):
        return _WITHOUT_INVOICE[kind]
    if kind == PAYMENT_REVIEW and data.get("refused"):
        return _REFUSED_AND_HELD if data.get(HELD_ELSEWHERE) else _REFUSED
    return _SENTENCES.get(kind)


def _filled(pattern: str, data: Mapping[str, object]) -> str:
    facts = {name: data.get(name) or "" for name in ("invoice", "provider", "charge", "news", "number")}
    return pattern % {
        **facts,
        "amount": _amount(data),
        "until": _until(data),
        "since": _since(data),
        "reasons": reasons_in(data),
    }


def facts_of(provider: str, sighting: Sighting) -> dict[str, object]:
    """Of a task about what ``provider``, as we call it, has."""
    outcome = sighting.outcome
    facts: dict[str, object] = {"provider": provider, "charge": cleaned(outcome.reference)}
    money = sighting.asked or outcome.amount
    if money is not None:
        facts |= {"amount_minor": money.minor, "currency": money.currency.code}
    return facts


def reasons_in(data: Mapping[str, object]) -> str:
    """Why an attempt to pay was not simply let through, as tasks and events keep it."""
    kept, code = data.get("reasons"), data.get("base_currency")
    if not isinstance(kept, list) or not isinstance(code, str):
        return ""
    return reasons(kept, code)


def _until(data: Mapping[str, object]) -> str:
    at, zone = data.get("until"), data.get("zone")
    if not isinstance(at, str) or not isinstance(zone, str):
        return ""
    return format_instant(datetime.fromisoformat(at), spoken_language(), ZoneInfo(zone))


def _since(data: Mapping[str, object]) -> str:
    on = data.get("since")
    return format_date(date.fromisoformat(on), spoken_language()) if isinstance(on, str) else ""


def _amount(data: Mapping[str, object]) -> str:
    minor, code = data.get("amount_minor"), data.get("currency")
    if not isinstance(minor, int) or not isinstance(code, str):
        return ""
    return format_money(Money(minor, currency(code)), spoken_language())
