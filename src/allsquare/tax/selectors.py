"""Reading tax rates. The organization comes first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import rows
from allsquare.identity.models import Organization
from allsquare.tax.errors import RateUnknown
from allsquare.tax.models import TaxRate
from allsquare.tax.standard import standard_rate


def rate_for(organization: Organization, *, country: str, category: str, on: date) -> Decimal:
    """See :func:`standard_rate`. Raises :class:`RateMissing`."""
    return standard_rate(list_rates(organization), country=country, category=category, on=on)


def get_rate(organization: Organization, rate_id: UUID) -> TaxRate:
    """Raises :class:`RateUnknown`."""
    found = TaxRate.objects.filter(organization=organization, id=rate_id).first()
    if found is None:
        raise RateUnknown(_("There is no such tax rate."))
    return found


def list_rates(organization: Organization) -> list[TaxRate]:
    """All rates, past and future ones too: by country and category, the highest and latest first."""
    return ask_rates(organization).all()


def ask_rates(organization: Organization) -> rows.Asked[TaxRate]:
    """:func:`list_rates` on their way."""
    return rows.ask(
        TaxRate, organization.id, "TRUE ORDER BY country, category, percent DESC, valid_from DESC, id"
    )
