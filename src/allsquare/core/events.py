"""Writing to the event log, and following it without ever skipping a row.

Writers call :func:`record` inside the transaction of the change. Readers (mails, sealer, outgoing
webhooks) use :func:`follow`: a transaction may commit after a younger one, so an id or a time alone would
skip its rows; readers therefore stop before the oldest transaction still running (``pg_snapshot_xmin``).
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from allsquare.core import bulk, payer_addresses
from allsquare.core.actor import Actor
from allsquare.core.clock import now
from allsquare.core.errors import INDIGESTIBLE, Conflict
from allsquare.core.ids import new_id
from allsquare.core.models import Event, EventFailure, EventReader

#: What JSON can hold; amounts are integers in minor units.
Data = dict[str, object]


@dataclass(frozen=True, slots=True)
class News:
    """One event to be written. ``subject_type`` is the singular table name, such as ``invoice``."""

    kind: str
    subject_type: str
    subject_id: UUID
    data: Data = field(default_factory=dict)


def record(*, organization_id: UUID, news: Sequence[News], actor: Actor, at: datetime) -> None:
    """Write ``news`` in the running transaction. ``at`` is the organization's time (``clock.now``). The address of a
    payer is kept apart: it has its time, and the log has none."""
    ids = [new_id() for _ in news]
    bulk.insert(
        "event",
        {"id": ("uuid", [*ids]), **_columns(news)},
        same={"organization_id": ("uuid", organization_id), **_by(actor), **_at(at)},
    )
    payer_addresses.keep(organization_id=organization_id, subject_ids=ids, actor=actor, at=at)


def record_everywhere(*, organization_ids: Sequence[UUID], news: Sequence[News], actor: Actor) -> None:
    """Each of ``news`` in the log of the organization in its place: for what concerns a person who belongs to
    several. Such things have no part in rehearsals, so their time is the machine's."""
    ids: list[object] = [new_id() for _ in news]
    columns = {"id": ("uuid", ids), "organization_id": _uuids(organization_ids), **_columns(news)}
    bulk.insert("event", columns, same={**_by(actor), **_at(now(None))})


def _columns(news: Sequence[News]) -> dict[str, tuple[LiteralString, list[object]]]:
    return {
        "kind": ("text", [item.kind for item in news]),
        "subject_type": ("text", [item.subject_type for item in news]),
        "subject_id": ("uuid", [item.subject_id for item in news]),
        "data": ("jsonb", [item.data for item in news]),
    }


def _uuids(values: Sequence[UUID]) -> tuple[LiteralString, list[object]]:
    return "uuid", [*values]


def _by(actor: Actor) -> dict[str, tuple[LiteralString, object]]:
    return {
        "actor_kind": ("text", actor.kind),
        "actor_id": ("text", actor.id),
        "actor_label": ("text", actor.label),
        "address": ("text", payer_addresses.lasting(actor)),
        "request": ("text", actor.request),
    }


def _at(at: datetime) -> dict[str, tuple[LiteralString, object]]:
    return {"at": ("timestamptz", at)}


#: A reader gets one batch in log order, inside the transaction that moves its position.
Reader = Callable[[Sequence[Event]], None]


def follow(name: str, read: Reader, *, limit: int = 500) -> int:
    """Give reader ``name`` its next batch; returns how many events it got (0: nothing new).

    Position and effect commit together, so an event has its effect exactly once. When a batch fails, its
    events are tried one by one and the one that fails is parked as an ``EventFailure``; the rest flows on.
    ``OperationalError`` (a deadlock, a lost connection) is raised: nothing has moved, and the batch comes again.
    A second process that follows under the same name at the same time gets 0.
    """
    with transaction.atomic():
        EventReader.objects.get_or_create(name=name)
        reader = EventReader.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if reader is None:
            return 0
        batch = _unread(reader, limit)
        if not batch:
            return 0
        try:
            with transaction.atomic():
                read(batch)
        except OperationalError:
            raise
        except INDIGESTIBLE:
            for event in batch:
                _read_alone(name, read, event)
        reader.xact, reader.event_id = batch[-1].xact, batch[-1].id
        reader.save(update_fields=["xact", "event_id"])
        return len(batch)


def read_parked(name: str, read: Reader, *, limit: int = 500) -> int:
    """Give reader ``name`` the events that it could not digest once more, one by one, oldest first.

    Returns how many it digested now; the others stay parked. For when the cause is mended.
    """
    with transaction.atomic():
        parked = EventFailure.objects.select_for_update(skip_locked=True, no_key=True)
        waiting = parked.filter(reader=name, resolved_at=None).order_by("event_id")[:limit]
        failures = {failure.event_id: failure for failure in waiting}
        digested = 0
        for event_id, event in sorted(Event.objects.in_bulk(list(failures)).items()):
            if _read_alone(name, read, event):
                failures[event_id].resolved_at = now(None)
                failures[event_id].save(update_fields=["resolved_at"])
                digested += 1
        return digested


def skip(name: str, *, patience: float = 30.0) -> None:
    """Move reader ``name`` behind every event that can be seen now, without reading them.

    A reader's position cannot say "all but the transactions still running", so this waits until those that
    began before the newest event are over. Raises :class:`Conflict` when one takes longer than ``patience``
    seconds, and then has moved nothing.
    """
    newest = Event.objects.order_by("-xact", "-id").first()
    if newest is None:
        return
    deadline = time.monotonic() + patience
    while not _all_over(newest.xact):
        if time.monotonic() > deadline:
            raise Conflict(_("Another transaction has been open for too long. Try again when it is over."))
        time.sleep(0.05)
    with transaction.atomic():
        EventReader.objects.get_or_create(name=name)
        reader = EventReader.objects.select_for_update().get(name=name)
        if (int(reader.xact), reader.event_id or UUID(int=0)) < (int(newest.xact), newest.id):
            reader.xact, reader.event_id = newest.xact, newest.id
            reader.save(update_fields=["xact", "event_id"])


def _all_over(xact: str) -> bool:
    """Is every transaction up to ``xact`` committed or rolled back?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::xid8 < pg_snapshot_xmin(pg_current_snapshot())", [xact])
        return bool(cursor.fetchone()[0])


def _unread(reader: EventReader, limit: int) -> list[Event]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM event
               WHERE (xact, id) > (%s::xid8, %s::uuid)
                 AND xact < pg_snapshot_xmin(pg_current_snapshot())
               ORDER BY xact, id LIMIT %s""",
            [reader.xact, reader.event_id or UUID(int=0), limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = Event.objects.in_bulk(ids)
    return [found[i] for i in ids]


def _read_alone(name: str, read: Reader, event: Event) -> bool:
    """Did the reader digest it? If not, it is parked."""
    try:
        with transaction.atomic():
            read([event])
    except OperationalError:
        raise
    except INDIGESTIBLE:
        EventFailure.objects.update_or_create(
            reader=name,
            event_id=event.id,
            defaults={
                "organization_id": event.organization_id,
                "error": traceback.format_exc(),
                "at": now(None),
                "resolved_at": None,
            },
        )
        return False
    return True
