"""An exchange rate is entered or corrected."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.currencies import UnknownCurrency
from allsquare.core.currencies import currency as currency_of
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.models import ExchangeRate

#: As the column holds them: ten digits before the point and ten after.
_TOP = Decimal(10) ** 10
_STEP = Decimal("1e-10")


@retrying
def set_rate(
    *, organization: Organization, currency: str, valid_on: date, rate: Decimal, actor: Actor
) -> ExchangeRate:
    """``rate`` units of base currency for one unit of ``currency``, from ``valid_on`` until the next rate.

    What is booked stays as it was booked. The same rate again changes nothing. Raises ``FieldErrors``.
    """
    require(organization, actor, Permission.POST_JOURNAL)
    _check(organization, currency, rate)
    row, is_new = ExchangeRate.objects.select_for_update(no_key=True).get_or_create(
        organization=organization, currency=currency, valid_on=valid_on, defaults={"rate": rate}
    )
    if row.rate == rate and not is_new:
        return row
    before = None if is_new else str(row.rate)
    row.rate = rate
    row.save(update_fields=["rate"])
    facts: dict[str, object] = {
        "currency": currency,
        "valid_on": str(valid_on),
        "rate": str(rate),
        "before": before,
    }
    news = News("exchange_rate.set", "exchange_rate", row.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return row


def _check(organization: Organization, currency: str, rate: Decimal) -> None:
    errors = {}
    try:
        currency_of(currency)
    except UnknownCurrency as error:
        errors["currency"] = error.message
    if currency == organization.base_currency:
        errors["currency"] = _("%(currency)s is the currency of these books: its rate is always 1.") % {
            "currency": currency
        }
    if not rate.is_finite() or not 0 < rate < _TOP or rate % _STEP:
        errors["rate"] = _("Enter a rate above zero with at most ten digits before and ten after the point.")
    if errors:
        raise FieldErrors(errors)
