"""What the tax rates refuse."""

from __future__ import annotations

from allsquare.core.errors import Conflict, InvalidInput, NotFound


class RateMissing(InvalidInput):
    """No tax rate is valid for a country and category on a date."""

    code = "tax_rate_missing"


class RateUnknown(NotFound):
    """No such tax rate in this organization."""

    code = "tax_rate_not_found"


class RateOverlaps(Conflict):
    """The same rate, or another under the same name, is valid in these days already."""

    code = "tax_rate_overlaps"


class RateEnded(Conflict):
    """The rate ends earlier already."""

    code = "tax_rate_ended"
