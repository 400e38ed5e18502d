"""What somebody wants to buy, and what it comes to. Pure: whole minor units, the link's own rules."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.money import Money
from allsquare.core.rounding import RoundingPolicy, round_ratio
from allsquare.payments.arrivals import LARGEST
from allsquare.selling.errors import InvalidSale
from allsquare.selling.models import PaymentLink


@dataclass(frozen=True, slots=True)
class Wish:
    """``price_minor`` of one unit, as the link says or as it was named."""

    quantity: int
    price_minor: int
    tip_minor: int

    @property
    def total_minor(self) -> int:
        return self.quantity * self.price_minor + self.tip_minor


def wish_of(link: PaymentLink, *, quantity: int, price: Money | None, tip_percent: int) -> Wish:
    """Raises ``InvalidSale`` with the field and what to do."""
    if not 1 <= quantity <= link.most:
        raise InvalidSale(_("Choose a number from 1 to %(most)s.") % {"most": link.most}, field="quantity")
    if tip_percent and tip_percent not in link.tips:
        raise InvalidSale(_("Choose one of the tips, or none."), field="tip")
    minor = link.price_minor if link.price_minor is not None else _named(link, price)
    tip = round_ratio(minor * quantity * tip_percent, 100, RoundingPolicy.HALF_UP)
    wish = Wish(quantity, minor, tip)
    if wish.total_minor > LARGEST:
        raise InvalidSale(_("An amount of this size cannot be right. Check the number."), field="price")
    return wish


def _named(link: PaymentLink, price: Money | None) -> int:
    if price is None:
        raise InvalidSale(_("Say how much you want to pay."), field="price")
    if price.currency.code != link.currency:
        raise InvalidSale(_("This is paid in %(currency)s.") % {"currency": link.currency}, field="price")
    least = max(link.least_minor, 1)
    if price.minor < least:
        shown = format_money(Money(least, currency(link.currency)), spoken_language())
        raise InvalidSale(_("Pay at least %(least)s.") % {"least": shown}, field="price")
    return price.minor
