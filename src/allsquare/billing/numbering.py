"""Gapless numbers: the series' row is locked until the issuing transaction ends, so a rollback gives them back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from itertools import count as counted
from typing import Final

from allsquare.billing.models import CreditNote, Invoice, NumberSeries
from allsquare.core import bulk
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization

INVOICES: Final = "invoice"
CREDIT_NOTES: Final = "credit_note"
#: How numbers begin where nobody chose.
PREFIXES: Final = {INVOICES: "INV-", CREDIT_NOTES: "CN-"}
WIDTH: Final = 5
MAX_WIDTH: Final = 12


#: The row is made with the first number.
_TAKE: Final = """
    INSERT INTO number_series (id, organization_id, kind, prefix, width, next_number)
        VALUES (%b, %b, %t, %t, %b, 1 + %b::bigint)
    ON CONFLICT (organization_id, kind) DO UPDATE SET next_number = number_series.next_number + %b::bigint
    RETURNING prefix, width, next_number
"""


@dataclass(frozen=True, slots=True)
class NumbersTaken:
    """Numbers on their way: they are taken, and known once they are read."""

    count: int
    sent: bulk.Sent

    def read(self) -> list[str]:
        ((prefix, width, after),) = self.sent.rows()
        return [written(prefix, width, number) for number in range(after - self.count, after)]


def default_prefix(organization: Organization, kind: str) -> str:
    """How numbers begin where nobody chose. Invoices may have begun like credit notes before there were any: then these
    begin otherwise, so that no two documents have one number. Invoices ask nothing, since they are many."""
    usual = PREFIXES[kind]
    if kind == INVOICES or NumberSeries.objects.filter(organization=organization, kind=kind).exists():
        return usual  # where there is a series, its own counts
    series = NumberSeries.objects.filter(organization=organization, kind=INVOICES).first()
    begins = series.prefix if series else ""
    others = (f"{usual[:-1]}{number}-" for number in counted(2))
    return next(
        prefix
        for prefix in chain([usual], others)
        if prefix != begins
        and not Invoice.objects.filter(organization=organization, number__startswith=prefix).exists()
    )


def is_taken(organization: Organization, prefix: str, *, kind: str) -> bool:
    """Was a document of another kind than ``kind`` ever numbered with this beginning?"""
    alike = {"number__startswith": prefix, "number__regex": f"^{re.escape(prefix)}[0-9]+$"}
    if kind == INVOICES:
        return CreditNote.objects.filter(organization=organization, **alike).exists()
    return Invoice.objects.filter(organization=organization, **alike).exists()


def take_numbers(organization: Organization, *, count: int, kind: str = INVOICES) -> NumbersTaken:
    """The next ``count`` numbers of the organization's series, inside the running transaction. Inside
    ``bulk.pipelined`` this does not wait."""
    given = [new_id(), organization.id, kind, default_prefix(organization, kind), WIDTH, count, count]
    return NumbersTaken(count, bulk.send(_TAKE, given))


def number_to_be(organization: Organization, *, kind: str = INVOICES) -> str:
    """What the next document would be called if nobody issues another one first. Takes nothing."""
    series = NumberSeries.objects.filter(organization=organization, kind=kind).first()
    series = series or NumberSeries(prefix=default_prefix(organization, kind), width=WIDTH)
    return written(series.prefix, series.width, series.next_number)


def ensure_series(organization: Organization, kind: str = INVOICES) -> NumberSeries:
    """The series, locked in the running transaction: nobody takes a number meanwhile."""
    take_numbers(organization, count=0, kind=kind).sent.rows()
    return NumberSeries.objects.select_for_update().get(organization=organization, kind=kind)


def written(prefix: str, width: int, number: int) -> str:
    """A number as it stands on a document."""
    return f"{prefix}{number:0{width}d}"
