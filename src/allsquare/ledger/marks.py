"""How far sums are kept behind the postings: up to a transaction, whose id is their mark.

Everything before the oldest transaction still running (``pg_snapshot_xmin``) is committed or rolled back for good, so
nothing that commits late is left out. Tables of marks have a row for each organization; their names come from code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, LiteralString, Protocol

from allsquare.core import bulk
from allsquare.core.models import Event
from allsquare.identity.models import Organization

#: So few new entries are left to those who read: writing the sums anew for each would cost more than it saves.
FEW: Final = 500


class RollUp(Protocol):
    """Adds what was booked since the last time."""

    def __call__(self, *, organization: Organization) -> None: ...


def reader(table: LiteralString, roll_up: RollUp) -> Callable[[Sequence[Event]], None]:
    """A reader of the event log (see ``core.events.follow``) that keeps sums up to date. Every booking is told of in
    the transaction that makes it, so whoever has news may have bookings."""

    def read(events: Sequence[Event]) -> None:
        organizations = Organization.objects.filter(id__in={event.organization_id for event in events})
        for organization in organizations.order_by("id"):
            if has_many(table, organization):
                roll_up(organization=organization)

    return read


def locked(table: LiteralString, organization: Organization) -> str:
    """The mark. Who else rolls up waits here, and then sees what was rolled up."""
    bulk.run(
        f"INSERT INTO {table} (organization_id, xact) VALUES (%s, '0') ON CONFLICT DO NOTHING",  # noqa: S608  # from code
        [organization.id],
    )
    ((since,),) = bulk.run(
        f"SELECT xact::text FROM {table} WHERE organization_id = %s FOR NO KEY UPDATE",  # noqa: S608  # from code
        [organization.id],
    )
    return str(since)


def move(table: LiteralString, organization: Organization, until: str) -> None:
    bulk.run(
        f"UPDATE {table} SET xact = %s::xid8 WHERE organization_id = %s",  # noqa: S608  # from code
        [until, organization.id],
    )


def all_over_before() -> str:
    """The oldest transaction that still runs. To be asked after the mark is locked, by a statement of its own."""
    ((until,),) = bulk.run("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    return str(until)


def has_many(table: LiteralString, organization: Organization) -> bool:
    """Did ``FEW`` or more entries come since?"""
    ((found,),) = bulk.run(
        f"""SELECT count(*) FROM (
               SELECT FROM journal_entry WHERE organization_id = %s AND xact >= coalesce(
                   (SELECT m.xact FROM {table} m WHERE m.organization_id = %s), '0'::xid8)
               ORDER BY organization_id, xact LIMIT %s) few""",  # noqa: S608  # from code
        [organization.id, organization.id, FEW],
    )
    return bool(found >= FEW)
