"""A new rehearsal is connected to the practice provider by itself."""

from __future__ import annotations

from contextlib import suppress

from allsquare.core.actor import Actor, ActorKind
from allsquare.identity.models import Organization, Person
from allsquare.identity.roles import Role
from allsquare.onboarding import practice
from allsquare.onboarding.errors import PracticeProviderSilent
from allsquare.onboarding.services.connect_practice_provider import connect_practice_provider


def begin_practice(*, organization: Organization, owner: Person) -> None:
    """Right after an organization was made. A provider that does not answer now can be connected later, by a button
    under *Payment providers*: nobody's sign-up waits for it."""
    if not organization.rehearsal or not practice.is_at_hand():
        return
    actor = Actor(
        ActorKind.PERSON, str(owner.id), str(owner), role=Role.OWNER, organization_id=organization.id
    )
    with suppress(PracticeProviderSilent):
        connect_practice_provider(organization=organization, actor=actor)
