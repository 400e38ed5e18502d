"""Gapless numbers: the series' row is locked until the issuing transaction ends, so a rollback gives them back."""

from __future__ import annotations

from allsquare.billing.models import NumberSeries
from allsquare.core import bulk
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization

INVOICES = "invoice"
_PREFIX = "INV-"


def take_numbers(organization: Organization, *, count: int, kind: str = INVOICES) -> list[str]:
    """The next ``count`` numbers of the organization's series, inside the running transaction."""
    NumberSeries.objects.bulk_create(
        [NumberSeries(id=new_id(), organization=organization, kind=kind, prefix=_PREFIX)],
        ignore_conflicts=True,
    )
    ((prefix, width, after),) = bulk.run(
        """UPDATE number_series SET next_number = next_number + %s
           WHERE organization_id = %s AND kind = %s RETURNING prefix, width, next_number""",
        [count, organization.id, kind],
    )
    return [f"{prefix}{number:0{width}d}" for number in range(after - count, after)]


def number_to_be(organization: Organization, *, kind: str = INVOICES) -> str:
    """What the next document would be called if nobody issues another one first. Takes nothing."""
    series = NumberSeries.objects.filter(organization=organization, kind=kind).first()
    series = series or NumberSeries(prefix=_PREFIX)
    return f"{series.prefix}{series.next_number:0{series.width}d}"
