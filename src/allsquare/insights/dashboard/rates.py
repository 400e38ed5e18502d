"""One total out of several currencies, where that can be said honestly: at known rates, and of which day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.ledger.amounts import to_base
from allsquare.ledger.models import ExchangeRate


@dataclass(frozen=True, slots=True)
class Rates:
    """The latest rate of each currency that has one. ``missing`` currencies can be converted by nobody."""

    base: str
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    oldest: date | None = None  # of the rates in use
    missing: tuple[str, ...] = ()

    def total(self, amounts: Mapping[str, int]) -> int | None:
        """All of ``amounts`` (minor units by currency) in base currency; ``None`` when a rate is missing."""
        if any(minor and code in self.missing for code, minor in amounts.items()):
            return None
        return sum(self.convert(minor, code) for code, minor in amounts.items())

    def convert(self, minor: int, currency: str) -> int:
        """Raises ``KeyError`` for a currency without a rate."""
        if currency == self.base or minor == 0:
            return minor
        return to_base(minor, currency=currency, base=self.base, rate=self.rates[currency])


def latest_rates(organization: Organization, currencies: Iterable[str]) -> Rates:
    """At most one statement; none where all is in base currency."""
    foreign = sorted(set(currencies) - {organization.base_currency})
    if not foreign:
        return Rates(organization.base_currency)
    found = ExchangeRate.objects.filter(
        organization=organization, currency__in=foreign, valid_on__lte=clock.today(organization)
    )
    rows = list(found.order_by("currency", "-valid_on").distinct("currency"))
    rates = {row.currency: row.rate for row in rows}
    return Rates(
        base=organization.base_currency,
        rates=rates,
        oldest=min((row.valid_on for row in rows), default=None),
        missing=tuple(code for code in foreign if code not in rates),
    )
