"""Gapless numbers: the series' row is locked until the issuing transaction ends, so a rollback gives them back."""

from __future__ import annotations

from typing import Final

from allsquare.billing.models import NumberSeries
from allsquare.core import bulk
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization

INVOICES: Final = "invoice"
PREFIX: Final = "INV-"
MAX_WIDTH: Final = 12


def take_numbers(organization: Organization, *, count: int, kind: str = INVOICES) -> list[str]:
    """The next ``count`` numbers of the organization's series, inside the running transaction."""
    _begin(organization, kind)
    ((prefix, width, after),) = bulk.run(
        """UPDATE number_series SET next_number = next_number + %s
           WHERE organization_id = %s AND kind = %s RETURNING prefix, width, next_number""",
        [count, organization.id, kind],
    )
    return [written(prefix, width, number) for number in range(after - count, after)]


def number_to_be(organization: Organization, *, kind: str = INVOICES) -> str:
    """What the next document would be called if nobody issues another one first. Takes nothing."""
    series = NumberSeries.objects.filter(organization=organization, kind=kind).first()
    series = series or NumberSeries(prefix=PREFIX)
    return written(series.prefix, series.width, series.next_number)


def ensure_series(organization: Organization, kind: str = INVOICES) -> NumberSeries:
    """The series, locked in the running transaction: nobody takes a number meanwhile."""
    _begin(organization, kind)
    return NumberSeries.objects.select_for_update().get(organization=organization, kind=kind)


def written(prefix: str, width: int, number: int) -> str:
    """A number as it stands on a document."""
    return f"{prefix}{number:0{width}d}"


def _begin(organization: Organization, kind: str) -> None:
    NumberSeries.objects.bulk_create(
        [NumberSeries(id=new_id(), organization=organization, kind=kind, prefix=PREFIX)],
        ignore_conflicts=True,
    )
