"""How much the payer pays now: what is open, or the sum that they chose. Without a script: a small form asks for the
same page with the sum in its address, so that the button can say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.span import Span
from allsquare.web.ui.formats import amount
from allsquare.web.ui.typed import MoneyField

#: What a person types at most; all of it comes back to them with what is wrong.
LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Sum:
    """``now`` is what the button asks for. ``typed`` and ``error`` are the payer's own words and what is wrong with
    them; nothing wrong sum is ever asked for."""

    now: Money
    span: Span
    typed: str = ""
    error: str = ""

    @property
    def is_chosen(self) -> bool:
        return self.now.minor != self.span.whole

    @property
    def whole(self) -> Money:
        """All that can be asked for now."""
        return Money(self.span.whole, self.now.currency)

    @property
    def under_way(self) -> Money:
        return Money(self.span.claimed, self.now.currency)

    @property
    def rest(self) -> Money:
        """What stays open after it."""
        return Money(max(self.span.whole - self.now.minor, 0), self.now.currency)

    @property
    def over(self) -> Money:
        """What of it becomes credit."""
        return Money(max(self.now.minor - self.span.whole, 0), self.now.currency)

    @property
    def least(self) -> Money:
        return Money(self.span.least, self.now.currency)

    @property
    def takes_parts(self) -> bool:
        return self.span.least < self.span.whole

    @property
    def takes_more(self) -> bool:
        return self.span.most > self.span.whole


def sum_of(invoice: Invoice, allowed: Span, typed: str = "") -> Sum:
    """All of it, unless the payer typed something that may be paid."""
    unit = currency(invoice.currency)
    whole = Money(allowed.whole, unit)
    typed = typed.strip()[:LONGEST]
    if not typed or not allowed.is_choice:
        return Sum(whole, allowed)
    try:
        chosen: Money | None = MoneyField(currency=unit).clean(typed)
    except ValidationError as problem:
        return Sum(whole, allowed, typed, " ".join(problem.messages))
    if chosen is None or not allowed.holds(chosen.minor):
        return Sum(whole, allowed, typed, _outside(allowed, whole, chosen))
    return Sum(chosen, allowed, typed)


def _outside(allowed: Span, whole: Money, chosen: Money | None) -> str:
    least = amount(Money(allowed.least, whole.currency))
    if chosen is not None and chosen.minor > allowed.most:
        return _("That is more than can be paid now: %(most)s at most. Nothing was charged.") % {
            "most": amount(Money(allowed.most, whole.currency))
        }
    return _("That is too little: pay at least %(least)s. Nothing was charged.") % {"least": least}
