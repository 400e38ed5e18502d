"""The currencies of the world: code, number of decimals, name.

The list is ISO 4217 list one (current currencies), as published by its maintenance agency and carried
unchanged by the ``iso4217`` library. The number of decimals ("minor unit") must come from the standard and
not from CLDR, which is about display habits: CLDR shows no decimals for the Serbian dinar or the Iraqi
dinar, while banks and card networks count 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _
from iso4217 import raw_table

from allsquare.core.errors import InvalidInput


class UnknownCurrency(InvalidInput):
    """The code is not a currency of ISO 4217 in which an amount can be counted."""

    code = "unknown_currency"


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency of ISO 4217.

    ``code`` is the alphabetic code, ``exponent`` the number of decimals (JPY 0, EUR 2, KWD 3, CLF 4), so that
    one major unit is ``10 ** exponent`` minor units. ``name`` is the standard's English name.
    """

    code: str
    exponent: int
    name: str = field(compare=False)

    def __str__(self) -> str:
        return self.code

    @property
    def minor_per_major(self) -> int:
        """Minor units in one major unit: 100 for EUR, 1 for JPY."""
        return int(10**self.exponent)


# Withdrawn from list one in recent years (ISO 4217 list three), all with two decimals. Documents in them
# stay in the books for ten years and more, so they must stay readable; nobody is offered them any more.
_WITHDRAWN: Final = {
    "ANG": "Netherlands Antillean Guilder",
    "BGN": "Bulgarian Lev",
    "CUC": "Peso Convertible",
    "HRK": "Kuna",
    "SLL": "Leone",
    "ZWL": "Zimbabwe Dollar",
}


def _read_standard() -> dict[str, Currency]:
    """Currencies of list one with a minor unit: gold, test and "no currency" codes have none ("N.A.")."""
    found = {}
    for entry in raw_table.values():
        code, minor_units = entry["Ccy"], entry["CcyMnrUnts"]
        if isinstance(code, str) and isinstance(minor_units, str) and minor_units.isdigit():
            found[code] = Currency(code, int(minor_units), str(entry["CcyNm"]))
    return found


_CURRENT: Final = _read_standard()
_KNOWN: Final = {code: Currency(code, 2, name) for code, name in _WITHDRAWN.items()} | _CURRENT


def currency(code: str) -> Currency:
    """The currency with this alphabetic code; withdrawn ones too, as old documents carry them.

    Raises :class:`UnknownCurrency` for anything else, small letters included: one spelling everywhere.
    """
    try:
        return _KNOWN[code]
    except (KeyError, TypeError):
        raise UnknownCurrency(
            _("“%(code)s” is not a currency code. Use a code of ISO 4217 in capitals, such as EUR or USD.")
            % {"code": code},
            currency=code,
        ) from None


def current_currencies() -> tuple[Currency, ...]:
    """Every currency in which a new document can be written, sorted by code."""
    return tuple(_CURRENT[code] for code in sorted(_CURRENT))
