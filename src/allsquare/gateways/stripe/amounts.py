"""Pure: amounts as Stripe counts them, which is not always as ISO 4217 does, and what it takes at all."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.gateway import Converted

_WITHOUT_DECIMALS: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_WITH_THREE: Final = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_MOST: Final = 99_999_999
"""Stripe: eight digits in the smallest unit."""
_LEAST: Final[Mapping[str, int]] = {
    "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
    "GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50,
    "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip


def exponent(code: str) -> int:
    """Decimals of a currency at Stripe. ISK and UGX count hundredths there, which do not exist."""
    if code in _WITHOUT_DECIMALS:
        return 0
    return 3 if code in _WITH_THREE else 2


def smallest_units(amount: Money) -> int | None:
    """``amount`` in Stripe's smallest unit; ``None`` when it has more decimals than Stripe counts."""
    if amount.currency.exponent > 3:
        return None
    step = exponent(amount.currency.code) - amount.currency.exponent
    if step >= 0:
        return int(amount.minor * 10**step)
    units, lost = divmod(amount.minor, 10**-step)
    return None if lost else units


def to_stripe(amount: Money) -> int | None:
    """The units of a charge; ``None`` for what could not be charged: more decimals than Stripe counts or the card
    networks carry, too little, too much."""
    code, units = amount.currency.code, smallest_units(amount)
    if units is None or (code in _WITH_THREE and units % 10):
        return None
    return units if max(_LEAST.get(code, 1), 1) <= units <= _MOST else None


def from_stripe(units: Any, code: str) -> Money:
    """Raises ``ValueError`` and ``TypeError`` for what cannot be an amount."""
    if type(units) is not int:
        raise TypeError("an amount is a whole number")
    unit = currency(code.upper())
    step = exponent(unit.code) - unit.exponent
    if step <= 0:
        return Money(units * 10**-step, unit)
    minor, lost = divmod(units, 10**step)
    if lost:
        raise ValueError(f"{units} is no whole amount of {unit.code}")
    return Money(minor, unit)


def fee_of(movement: Mapping[str, Any], code: str) -> Money:
    """The fee of a balance transaction in the currency of the charge. An account that is paid out in another currency
    is charged its fee in that one; it is turned back by the rate at which Stripe turned the money."""
    charged = from_stripe(movement["fee"], movement["currency"])
    unit = currency(code.upper())
    if charged.currency.code == unit.code:
        return charged
    rate = Decimal(str(movement["exchange_rate"]))
    major = (charged.decimal / rate).quantize(Decimal(1).scaleb(-unit.exponent), ROUND_HALF_UP)
    return Money(int(major.scaleb(unit.exponent)), unit)


def converted(movement: Any, code: str) -> tuple[Converted, ...]:
    """What a balance transaction booked, where the account has another currency than the charge."""
    if not isinstance(movement, dict) or movement["currency"].upper() == code.upper():
        return ()
    net, fee = (from_stripe(movement[name], movement["currency"]) for name in ("net", "fee"))
    return (Converted(net, fee),)
