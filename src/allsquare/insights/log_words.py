"""Which kinds of events an organization's log has, and which people: by leaping from one to the next in an index, so it
takes as many steps as there are kinds or people, however long the log is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

from allsquare.core.models.event import COMMON_KINDS
from allsquare.identity.models import Organization

_RARE: Final = "NOT (kind IN (" + ", ".join(f"'{kind}'" for kind in COMMON_KINDS) + "))"

_BOTH: Final = f"""
    WITH RECURSIVE kinds (kind) AS (
        (SELECT kind FROM event WHERE organization_id = %(organization)s AND {_RARE} ORDER BY kind LIMIT 1)
        UNION ALL
        SELECT (
            SELECT event.kind FROM event
            WHERE organization_id = %(organization)s AND {_RARE} AND event.kind > kinds.kind
            ORDER BY event.kind LIMIT 1
        ) FROM kinds WHERE kinds.kind IS NOT NULL
    ), people (person) AS (
        (SELECT actor_id FROM event WHERE organization_id = %(organization)s AND actor_kind = 'person'
            ORDER BY actor_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT actor_id FROM event
            WHERE organization_id = %(organization)s AND actor_kind = 'person' AND actor_id > people.person
            ORDER BY actor_id LIMIT 1
        ) FROM people WHERE people.person IS NOT NULL
    )
    SELECT kind, NULL, NULL FROM kinds WHERE kind IS NOT NULL
    UNION ALL
    SELECT NULL, person, (
        SELECT actor_label FROM event
        WHERE organization_id = %(organization)s AND actor_kind = 'person' AND actor_id = person
        ORDER BY at DESC, id DESC LIMIT 1
    ) FROM people WHERE person IS NOT NULL
"""  # noqa: S608  # our own names


@dataclass(frozen=True, slots=True)
class LogWords:
    """``kinds`` with the common ones, which every log has. ``people`` are the names by which the log knew them last, by
    id."""

    kinds: list[str]
    people: dict[str, str]


def log_words(organization: Organization) -> LogWords:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BOTH, {"organization": organization.id})
        rows = cursor.fetchall()
    return LogWords(
        kinds=[*COMMON_KINDS, *(str(kind) for kind, _person, _name in rows if kind)],
        people={str(person): str(name) for _kind, person, name in rows if person},
    )
