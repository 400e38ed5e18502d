"""A new rehearsal is connected to the practice provider by itself."""

from __future__ import annotations

from contextlib import suppress

from allsquare.core.actor import Actor, ActorKind
from allsquare.identity.models import Organization, Person
from allsquare.identity.permissions import Permission, require
from allsquare.identity.selectors import memberships_of
from allsquare.onboarding import practice
from allsquare.onboarding.errors import PracticeProviderSilent
from allsquare.onboarding.services.connect_practice_provider import connect_practice_provider


def begin_practice(*, organization: Organization, owner: Person) -> None:
    """Right after an organization was made. A provider that does not answer now can be connected later, by a button
    under *Payment providers*: nobody's sign-up waits for it. Raises ``PermissionDenied`` where ``owner`` is none."""
    if not organization.rehearsal or not practice.is_at_hand():
        return
    role = next((row.role for row in memberships_of(owner) if row.organization_id == organization.id), "")
    actor = Actor(ActorKind.PERSON, str(owner.id), str(owner), role=role, organization_id=organization.id)
    require(organization, actor, Permission.MANAGE_SETTINGS)
    with suppress(PracticeProviderSilent):
        connect_practice_provider(organization=organization, actor=actor)
