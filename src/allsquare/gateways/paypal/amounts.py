"""Pure: amounts as PayPal spells them, and which it takes at all.

https://developer.paypal.com/reference/currency-codes/
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from allsquare.core.currencies import currency
from allsquare.core.money import Money

_CURRENCIES: Final = frozenset(
    {
        "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR",
        "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
    }
)  # fmt: skip
_WITHOUT_DECIMALS: Final = frozenset(["HUF", "JPY", "TWD"])
"""PayPal takes whole forints, yen and dollars of Taiwan, whatever ISO 4217 says."""
_MOST: Final = 10**9
"""Minor units. What an account may really take only PayPal knows; this keeps nonsense from being asked for."""


def to_paypal(amount: Money) -> dict[str, str] | None:
    """``None`` for what could not be charged: another currency, more decimals than PayPal takes, nothing, too much."""
    code = amount.currency.code
    if code not in _CURRENCIES or not 0 < amount.minor <= _MOST:
        return None
    value = amount.decimal
    if code in _WITHOUT_DECIMALS:
        if value != value.to_integral_value():
            return None
        value = value.to_integral_value()
    return {"currency_code": code, "value": f"{value:f}"}


def from_paypal(data: Mapping[str, Any]) -> Money:
    """Raises ``ValueError`` and ``TypeError`` for what cannot be an amount."""
    unit = currency(data["currency_code"])
    text = data["value"]
    if not isinstance(text, str):
        raise TypeError("PayPal writes amounts as text")
    try:
        minor = Decimal(text).scaleb(unit.exponent)
    except InvalidOperation as problem:
        raise ValueError(f"{text} is no amount") from problem
    if not minor.is_finite() or minor != minor.to_integral_value():
        raise ValueError(f"{text} is no whole amount of {unit.code}")
    return Money(int(minor), unit)
