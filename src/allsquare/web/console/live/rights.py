"""May they still listen? A page stays open for hours; a session or a membership may end meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from allsquare.core import clock
from allsquare.identity.models import Membership, Person
from allsquare.identity.permissions import ROLE_PERMISSIONS, Permission
from allsquare.identity.roles import Role

#: The right without which no page of the console opens.
NEEDED: Final = Permission.VIEW_SALES


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, to which organization, by which session."""

    person_id: UUID
    organization_id: UUID
    session_key: str


def permissions_of(listeners: Iterable[Listener]) -> dict[Listener, frozenset[Permission]]:
    """What each of them may see now; who may no longer listen is left out. Two queries for all of them."""
    asked = set(listeners)
    organizations = {each.organization_id for each in asked}
    members = Membership.objects.filter(
        organization_id__in=organizations, person_id__in={each.person_id for each in asked}
    ).select_related("person")
    roles = {(row.person_id, row.organization_id): row for row in members}
    sessions = _sessions({each.session_key for each in asked})
    found = {}
    for each in asked:
        member = roles.get((each.person_id, each.organization_id))
        if member is None or not _is_signed_in(member.person, each, sessions.get(each.session_key, {})):
            continue
        permissions = ROLE_PERMISSIONS[Role(member.role)]
        if NEEDED in permissions:
            found[each] = permissions
    return found


def _sessions(keys: set[str]) -> dict[str, dict[str, str]]:
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=clock.now(None))
    return {row.session_key: row.get_decoded() for row in rows}


def _is_signed_in(person: Person, listener: Listener, session: dict[str, str]) -> bool:
    """The session is theirs, outlived no change of password, and has not gone over to another organization."""
    return (
        person.is_active
        and session.get(SESSION_KEY) == str(person.pk)
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash())
        and session.get("organization", str(listener.organization_id)) == str(listener.organization_id)
    )
