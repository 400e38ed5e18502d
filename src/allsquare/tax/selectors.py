"""Reading tax rates. The organization comes first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from allsquare.core.formatting import format_date, spoken_language
from allsquare.identity.models import Organization
from allsquare.tax.errors import RateMissing, RateUnknown
from allsquare.tax.models import TaxRate


def rate_for(organization: Organization, *, country: str, category: str, on: date) -> Decimal:
    """The standard rate of a category in percent: the highest one that is valid on the tax point ``on``.

    A country has one standard rate and reduced ones below it (directive 2006/112/EC, articles 96 to 98); a
    line at a reduced rate names its percentage itself. Raises :class:`RateMissing`.
    """
    valid = TaxRate.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=on),
        organization=organization,
        country=country,
        category=category,
        valid_from__lte=on,
    )
    percent = valid.order_by("-percent").values_list("percent", flat=True).first()
    if percent is None:
        raise RateMissing(
            _(
                "There is no tax rate of category %(category)s for %(country)s on %(day)s. Add one in "
                "the settings first."
            )
            % {"category": category, "country": country, "day": format_date(on, spoken_language())},
            field="tax_category",
            country=country,
            category=category,
        )
    return percent


def get_rate(organization: Organization, rate_id: UUID) -> TaxRate:
    """Raises :class:`RateUnknown`."""
    found = TaxRate.objects.filter(organization=organization, id=rate_id).first()
    if found is None:
        raise RateUnknown(_("There is no such tax rate."))
    return found


def list_rates(organization: Organization) -> list[TaxRate]:
    """All rates, past and future ones too: by country and category, the highest and latest first."""
    rates = TaxRate.objects.filter(organization=organization)
    return list(rates.order_by("country", "category", "-percent", "-valid_from", "id"))
