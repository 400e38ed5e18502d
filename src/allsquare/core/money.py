"""Exact money: a whole number of minor units with its currency.

Never a float, never a bare Decimal: a price of 12.34 EUR is ``Money(1234, currency("EUR"))``. Columns hold
the minor units as BigInteger beside the code as char(3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import lcm
from typing import Final, Self

from django.utils.translation import gettext as _

from allsquare.core.currencies import Currency, currency
from allsquare.core.errors import InvalidInput
from allsquare.core.rounding import apportion

MAX_MINOR: Final = 2**63 - 1
"""Largest count of minor units that a BigInteger column holds (its negative too, so signs can be turned)."""

_PLAIN: Final = re.compile(r"([+-]?)([0-9]{1,30})(?:\.([0-9]{1,30}))?", re.ASCII)


class InvalidAmount(InvalidInput):
    """The text or number cannot be an amount in this currency; the message names the remedy."""

    code = "invalid_amount"


class CurrencyMismatch(InvalidInput):
    """Amounts in different currencies were added or compared; convert one of them first."""

    code = "currency_mismatch"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: ``minor`` units (cents, yen, fils) of ``currency``.

    Equality holds for the same amount in the same currency. Order, sums and differences between currencies
    raise :class:`CurrencyMismatch`. Multiplying takes whole numbers only: anything with a rate or a fraction
    belongs in :mod:`allsquare.tax.calculate` or goes through :mod:`allsquare.core.rounding` by name.

    Raises ``TypeError`` for a float, bool or Decimal and :class:`InvalidAmount` beyond ``MAX_MINOR``.
    """

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Money counts minor units as int, not {type(self.minor).__name__}")
        if type(self.currency) is not Currency:
            raise TypeError(f"Money needs a Currency, not {type(self.currency).__name__}")
        if not -MAX_MINOR <= self.minor <= MAX_MINOR:
            raise InvalidAmount(
                _(
                    "An amount of this size (%(digits)s digits) cannot be kept. Check the number; was "
                    "something typed twice?"
                )
                % {"digits": len(str(abs(self.minor)))},
                currency=self.currency.code,
            )

    @classmethod
    def zero(cls, of: Currency | str) -> Self:
        """Nothing, in the given currency."""
        return cls(0, _as_currency(of))

    @classmethod
    def parse(cls, text: str, of: Currency | str) -> Self:
        """Read the plain notation of :attr:`plain`: digits with a point, as APIs and forms send it.

        Strict, since a guess could be wrong by a factor of a thousand: no thousands separators, no comma, no
        currency sign, no exponent, no more decimals than the currency has. Raises :class:`InvalidAmount`.
        """
        unit = _as_currency(of)
        match = _PLAIN.fullmatch(text)
        if match is None:
            raise InvalidAmount(
                _(
                    "“%(text)s” is not an amount. Write digits with a point and no other separators, for "
                    "example %(example)s."
                )
                % {"text": text[:40], "example": cls(1234 * unit.minor_per_major, unit).plain},
                currency=unit.code,
            )
        sign, whole, decimals = match[1], match[2], match[3] or ""
        if len(decimals) > unit.exponent:
            sentence = (
                _(
                    "%(text)s has too many decimals: %(currency)s has %(count)s decimals. Round it and try again."
                )
                if unit.exponent
                else _(
                    "%(text)s has too many decimals: %(currency)s has no decimals. Round it and try again."
                )
            )
            facts = {"text": text[:40], "currency": unit.code, "count": unit.exponent}
            raise InvalidAmount(sentence % facts, currency=unit.code)
        minor = int(whole + decimals.ljust(unit.exponent, "0"))
        return cls(-minor if sign == "-" else minor, unit)

    @classmethod
    def total(cls, amounts: Iterable[Money], of: Currency | str) -> Self:
        """Sum of any number of amounts, none included, all in the given currency."""
        unit = _as_currency(of)
        minor = 0
        for amount in amounts:
            if amount.currency != unit:
                raise _mismatch(amount.currency, unit)
            minor += amount.minor
        return cls(minor, unit)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units with all its decimals, exact whatever the decimal context."""
        digits = tuple(map(int, str(abs(self.minor))))
        return Decimal((int(self.minor < 0), digits, -self.currency.exponent))

    @property
    def plain(self) -> str:
        """The amount in major units for programs: ``"1234.50"``; :meth:`parse` reads it back."""
        exponent = self.currency.exponent
        if exponent == 0:
            return str(self.minor)
        digits = str(abs(self.minor)).rjust(exponent + 1, "0")
        return f"{'-' if self.minor < 0 else ''}{digits[:-exponent]}.{digits[-exponent:]}"

    def allocate(self, weights: Sequence[int | Decimal]) -> tuple[Money, ...]:
        """Split in proportion to the weights; the parts always sum to the whole.

        By largest remainder: each part is within one minor unit of its exact share, and on a tie the earlier
        part gets the odd unit. A weight of zero gets nothing. Raises ``ValueError`` when there are no
        weights, one is negative or not finite, or all are zero; ``TypeError`` for a float.
        """
        counts = _whole_weights(weights)
        denominator = sum(counts)
        if denominator == 0:
            raise ValueError("an amount cannot be split by weights that are all zero")
        parts = apportion(self.minor, [self.minor * count for count in counts], denominator)
        return tuple(Money(part, self.currency) for part in parts)

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        if self.currency != other.currency:
            raise _mismatch(self.currency, other.currency)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        if self.currency != other.currency:
            raise _mismatch(self.currency, other.currency)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            return NotImplemented
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        return self._minor_beside(other) < other.minor

    def __le__(self, other: Money) -> bool:
        return self._minor_beside(other) <= other.minor

    def __gt__(self, other: Money) -> bool:
        return self._minor_beside(other) > other.minor

    def __ge__(self, other: Money) -> bool:
        return self._minor_beside(other) >= other.minor

    def __str__(self) -> str:
        """For logs and programs; people see :func:`allsquare.core.formatting.format_money`."""
        return f"{self.plain} {self.currency.code}"

    def _minor_beside(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money compares with Money, not {type(other).__name__}")
        if self.currency != other.currency:
            raise _mismatch(self.currency, other.currency)
        return self.minor


def _as_currency(of: Currency | str) -> Currency:
    return currency(of) if isinstance(of, str) else of


def _mismatch(one: Currency, other: Currency) -> CurrencyMismatch:
    return CurrencyMismatch(
        _("%(one)s and %(other)s cannot be added or compared. Convert one of the amounts first.")
        % {"one": one.code, "other": other.code},
        currencies=[one.code, other.code],
    )


def _whole_weights(weights: Sequence[int | Decimal]) -> list[int]:
    """The weights in the same proportions as whole numbers."""
    ratios = []
    for weight in weights:
        if isinstance(weight, bool) or not isinstance(weight, int | Decimal):
            raise TypeError(f"a weight is an int or a Decimal, not {type(weight).__name__}")
        if isinstance(weight, Decimal) and not weight.is_finite():
            raise ValueError("a weight must be a number")
        if weight < 0:
            raise ValueError("a weight must not be negative")
        ratios.append(weight.as_integer_ratio())
    common = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (common // denominator) for numerator, denominator in ratios]
