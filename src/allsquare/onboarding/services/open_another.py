"""Somebody who signs in already makes one more organization."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.idempotency import Answer, once
from allsquare.identity.models import Organization, Person
from allsquare.identity.selectors import get_organization
from allsquare.onboarding.newcomer import NewOrganization
from allsquare.onboarding.practice import is_at_hand
from allsquare.onboarding.services.set_up_organization import set_up_organization


def open_another(*, owner: Person, organization: NewOrganization, key: str, actor: Actor) -> Organization:
    """``key`` names the form: sent twice it makes one. The permission is that of ``create_organization``: for
    themselves alone. Raises ``FieldErrors``, ``PermissionDenied`` and what ``once`` raises."""
    facts = organization.facts()

    def work() -> Answer:
        made = set_up_organization(
            owner=owner, actor=actor, email=owner.email, rehearsal=is_at_hand(), **facts
        )
        return {"organization": str(made.id)}

    answer, _repeated = once(
        organization_id=owner.id,  # there is no organization yet; a person's id is as unique
        operation="organization.open",
        key=key,
        given=facts,
        at=clock.now(None),
        work=work,
    )
    return get_organization(UUID(str(answer["organization"])))
