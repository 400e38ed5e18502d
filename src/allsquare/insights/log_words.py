"""Which kinds of events an organization's log has, and which people: by leaping from one to the next in an index, so it
takes as many steps as there are kinds or people, however long the log is."""

from __future__ import annotations

from typing import Final

from django.db import connection

from allsquare.core.models.event import COMMON_KINDS
from allsquare.identity.models import Organization

_RARE: Final = "NOT (kind IN (" + ", ".join(f"'{kind}'" for kind in COMMON_KINDS) + "))"

_KINDS: Final = f"""
    WITH RECURSIVE known (kind) AS (
        (SELECT kind FROM event WHERE organization_id = %(organization)s AND {_RARE} ORDER BY kind LIMIT 1)
        UNION ALL
        SELECT (
            SELECT event.kind FROM event
            WHERE organization_id = %(organization)s AND {_RARE} AND event.kind > known.kind
            ORDER BY event.kind LIMIT 1
        ) FROM known WHERE known.kind IS NOT NULL
    )
    SELECT kind FROM known WHERE kind IS NOT NULL
"""  # noqa: S608  # our own names

_PEOPLE: Final = """
    WITH RECURSIVE known (person) AS (
        (SELECT actor_id FROM event WHERE organization_id = %(organization)s AND actor_kind = 'person'
            ORDER BY actor_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT actor_id FROM event
            WHERE organization_id = %(organization)s AND actor_kind = 'person' AND actor_id > known.person
            ORDER BY actor_id LIMIT 1
        ) FROM known WHERE known.person IS NOT NULL
    )
    SELECT person, (
        SELECT actor_label FROM event
        WHERE organization_id = %(organization)s AND actor_kind = 'person' AND actor_id = person
        ORDER BY at DESC, id DESC LIMIT 1
    ) FROM known WHERE person IS NOT NULL
"""


def kinds_of(organization: Organization) -> list[str]:
    """With the common ones, which every log has."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, {"organization": organization.id})
        return [*COMMON_KINDS, *(kind for (kind,) in cursor.fetchall())]


def people_of(organization: Organization) -> dict[str, str]:
    """The names by which the log knew them last, by id."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"organization": organization.id})
        return {str(person): str(label) for person, label in cursor.fetchall()}
