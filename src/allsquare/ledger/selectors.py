"""Reading the books. The organization comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.errors import AccountMissing, RateMissing
from allsquare.ledger.models import Account, ExchangeRate


@dataclass(frozen=True, slots=True)
class Chart:
    """The accounts of an organization by what they are used for."""

    accounts: Mapping[tuple[str, str], UUID]

    def account(self, role: AccountRole, detail: str = "") -> UUID:
        """Raises :class:`AccountMissing`."""
        found = self.accounts.get((role, detail))
        if found is None:
            raise AccountMissing(f"The chart of accounts has no account for “{role.value.replace('_', ' ')}”.")
        return found


def chart(organization: Organization) -> Chart:
    """One query."""
    rows = Account.objects.filter(organization=organization).exclude(role="").values_list("role", "detail", "id")
    return Chart({(role, detail): account_id for role, detail, account_id in rows})


def rates_on(organization: Organization, currencies: Iterable[str], on: date) -> dict[str, Decimal]:
    """Units of base currency for one unit of each currency: its latest rate on or before ``on``.

    One query. Raises :class:`RateMissing` naming the first currency without a rate.
    """
    wanted = set(currencies)
    rates = {organization.base_currency: Decimal(1)} if organization.base_currency in wanted else {}
    foreign = wanted - rates.keys()
    if foreign:
        found = ExchangeRate.objects.filter(organization=organization, currency__in=foreign, valid_on__lte=on)
        rates |= dict(
            found.order_by("currency", "-valid_on").distinct("currency").values_list("currency", "rate")
        )
    for code in sorted(foreign - rates.keys()):
        raise RateMissing(f"There is no exchange rate for {code} on {on}. Enter one first.", field="currency")
    return rates


def rate_on(organization: Organization, currency: str, on: date) -> Decimal:
    """As :func:`rates_on`, for one currency."""
    return rates_on(organization, [currency], on)[currency]
