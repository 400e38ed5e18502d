"""Events for tests of the log, and a second connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from django.db import connection

from allsquare.core.actor import SYSTEM
from allsquare.core.clock import now
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.models import Event
from tests.log import log_is_readable


def tell(organization_id: UUID, *kinds: str, wait: bool = True) -> list[Event]:
    """One event of each kind: in the running transaction, or each committed and, after the ``wait``, readable."""
    for kind in kinds:
        news = News(kind, "thing", new_id(), {"text": "Größe ✓", "minor": 2**60, "list": [1, None]})
        record(organization_id=organization_id, news=[news], actor=SYSTEM, at=now(None))
    if wait and not connection.in_atomic_block:
        log_is_readable()
    found = Event.objects.filter(organization_id=organization_id).order_by("-id")[: len(kinds)]
    return list(found)[::-1]


@contextmanager
def other_connection() -> Iterator[psycopg.Connection]:
    """A session of its own on the test's database; what it does not commit is rolled back."""
    known = connection.get_connection_params()
    wanted = {name: known[name] for name in ("dbname", "user", "password", "host", "port") if known.get(name)}
    with psycopg.connect(**wanted) as opened:
        yield opened
        opened.rollback()


def write_event(opened: psycopg.Connection, organization_id: UUID, kind: str) -> UUID:
    """An event by raw SQL, in the running transaction of ``opened``."""
    event_id = new_id()
    opened.execute(
        """INSERT INTO event (id, organization_id, kind, subject_type, subject_id, actor_kind, actor_id,
               actor_label, address, request, data, at)
           VALUES (%(id)s, %(org)s, %(kind)s, 'thing', %(id)s, 'system', 'test', 'Test', '', '', '{}', now())""",
        {"id": event_id, "org": organization_id, "kind": kind},
    )
    return event_id
