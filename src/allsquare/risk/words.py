"""What rules, effects and reasons are called, in the language of whoever reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core.currencies import currency
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.money import Money
from allsquare.risk.models import RiskEntry
from allsquare.risk.rules import BY_RULE, Action, Effect, Rule, Unit

R = Rule

ACTIONS: Final[Mapping[Action, Promise]] = {
    Action.ALLOW: _lazy("let through"),
    Action.CHALLENGE: _lazy("the payer's bank was asked"),
    Action.REVIEW: _lazy("a person is asked"),
    Action.BLOCK: _lazy("blocked"),
}

#: Instead, for whom is on the list of allowed.
ALLOWED: Final = _lazy("let through: on the list of allowed")

EFFECTS: Final[Mapping[Effect, Promise]] = {
    Effect.OFF: _lazy("Off"),
    Effect.COUNT: _lazy("Only add the points"),
    Effect.CHALLENGE: _lazy("Ask the payer's bank (3-D Secure)"),
    Effect.REVIEW: _lazy("Ask a person before anything is delivered"),
    Effect.BLOCK: _lazy("Block"),
}

TITLES: Final[Mapping[Rule, Promise]] = {
    R.BLOCKED: _lazy("On the list of blocked"),
    R.DECLINED_ADDRESS: _lazy("Many declines from one network address"),
    R.DECLINED_PAYER: _lazy("Many declines of one payer"),
    R.UNPAID_LINK: _lazy("Many tries at one link"),
    R.PAYERS_ADDRESS: _lazy("Many payers at one network address"),
    R.TRIES_MAIL: _lazy("Many tries with one mail address"),
    R.BLOCKED_CARD: _lazy("A card on the list of blocked"),
    R.PAYERS_CARD: _lazy("One card, many payers"),
    R.TRIES_CARD: _lazy("Many tries with one card"),
    R.AMOUNT_HISTORY: _lazy("Far more than usual"),
    R.NEW_PAYER: _lazy("A new payer and a big sum"),
    R.CARD_COUNTRY: _lazy("A card from another country"),
    R.PROVIDER_SCORE: _lazy("The provider's own score"),
}

#: With ``%(limit)s`` as the rule is set.
SENTENCES: Final[Mapping[Rule, Promise]] = {
    R.BLOCKED: _lazy(
        "Mail address, domain, network address or country of the payer is on the list of blocked."
    ),
    R.DECLINED_ADDRESS: _lazy(
        "Within an hour, %(limit)s payments from the same network address were declined, and fewer succeeded. Whoever "
        "tries stolen cards is stopped by this; payers elsewhere are not."
    ),
    R.DECLINED_PAYER: _lazy(
        "Within a day, %(limit)s payments of the same payer (by mail address) were declined."
    ),
    R.UNPAID_LINK: _lazy(
        "Within an hour, %(limit)s tries at the same invoice or payment link were declined, wherever they came from."
    ),
    R.PAYERS_ADDRESS: _lazy("Within an hour, %(limit)s different payers came from the same network address."),
    R.TRIES_MAIL: _lazy("Within an hour, somebody tried %(limit)s times to pay with the same mail address."),
    R.BLOCKED_CARD: _lazy(
        "The card is on the list of blocked. A saved one is stopped before, while the payment by which it was saved is "
        "remembered; of another one the provider tells when it was used."
    ),
    R.PAYERS_CARD: _lazy("Within a week, the same card was used by %(limit)s different payers."),
    R.TRIES_CARD: _lazy(
        "Within a day, the same card was tried %(limit)s times, whether it paid or was declined, by whomever and for "
        "whatever."
    ),
    R.AMOUNT_HISTORY: _lazy(
        "The sum is at least %(limit)s times the most that this customer, who has paid three times or more, ever paid."
    ),
    R.NEW_PAYER: _lazy("The customer has never paid here, and the sum is %(limit)s or more."),
    R.CARD_COUNTRY: _lazy(
        "The card is from another country than the customer, as far as the provider tells."
    ),
    R.PROVIDER_SCORE: _lazy("The payment provider itself gives the payment %(limit)s of 100 points or more."),
}

#: With ``%(seen)s`` as it was found.
_REASONS: Final[Mapping[Rule, Promise]] = {
    R.BLOCKED: _lazy("On the list of blocked: %(what)s."),
    R.DECLINED_ADDRESS: _lazy("%(seen)s payments from this network address were declined within an hour."),
    R.DECLINED_PAYER: _lazy("%(seen)s payments of this payer were declined within a day."),
    R.UNPAID_LINK: _lazy("%(seen)s tries at this link were declined within an hour."),
    R.PAYERS_ADDRESS: _lazy("%(seen)s different payers came from this network address within an hour."),
    R.TRIES_MAIL: _lazy("%(seen)s tries with this mail address within an hour."),
    R.BLOCKED_CARD: _lazy("The card is on the list of blocked."),
    R.PAYERS_CARD: _lazy("%(seen)s different payers used this card within a week."),
    R.TRIES_CARD: _lazy("This card was tried %(seen)s times within a day."),
    R.AMOUNT_HISTORY: _lazy("%(seen)s times the most that this customer ever paid."),
    R.NEW_PAYER: _lazy("A customer who has never paid here, and %(seen)s."),
    R.CARD_COUNTRY: _lazy("The card is from another country than the customer."),
    R.PROVIDER_SCORE: _lazy("The payment provider gives it %(seen)s of 100 points."),
}


def sentence(rule: Rule, limit: int, base_currency: str) -> str:
    """What the rule says, with its limit."""
    return str(SENTENCES[rule]) % {"limit": _number(rule, limit, base_currency)}


def reason(kept: Mapping[str, Any], base_currency: str) -> str:
    """A reason as it is kept (``rule``, ``seen``, ``what``). One of a rule that is no more is named as it was."""
    if kept["rule"] not in _REASONS:
        return str(kept["rule"])
    rule = Rule(kept["rule"])
    facts = {"seen": _number(rule, kept["seen"], base_currency), "what": _listed(kept.get("what", ""))}
    return str(_REASONS[rule]) % facts


def reasons(kept: Iterable[Mapping[str, Any]], base_currency: str) -> str:
    """All of them in one line."""
    return " ".join(reason(each, base_currency) for each in kept)


def _number(rule: Rule, number: int, base_currency: str) -> str:
    if BY_RULE[rule].unit is Unit.MONEY:
        return format_money(Money(number, currency(base_currency)), spoken_language())
    return str(number)


def _listed(what: str) -> str:
    kinds = [str(RiskEntry.Kind(each).label) for each in what.split(",") if each in RiskEntry.Kind.values]
    return ", ".join(kinds) or _("by somebody")
