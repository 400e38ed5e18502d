"""Without a query: which of an organization's rates is the standard one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from allsquare.core.formatting import format_date, spoken_language
from allsquare.tax.errors import RateMissing
from allsquare.tax.models import TaxRate


def standard_rate(rates: Sequence[TaxRate], *, country: str, category: str, on: date) -> Decimal:
    """The standard rate of a category in percent: the highest one that is valid on the tax point ``on``.

    A country has one standard rate and reduced ones below it (directive 2006/112/EC, articles 96 to 98); a
    line at a reduced rate names its percentage itself. Raises :class:`RateMissing`.
    """
    valid = [
        rate.percent
        for rate in rates
        if (rate.country, rate.category) == (country, category) and rate.is_valid(on)
    ]
    if not valid:
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
    return max(valid)
