"""A stranger becomes a person with an organization of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import FieldErrors
from allsquare.core.transactions import retrying, serialize
from allsquare.identity.models import Organization, Person
from allsquare.identity.selectors import memberships_of
from allsquare.identity.services.create_person import create_person
from allsquare.onboarding.claim import require_open
from allsquare.onboarding.newcomer import NewOrganization
from allsquare.onboarding.practice import is_at_hand
from allsquare.onboarding.services.set_up_organization import set_up_organization

#: A form that comes again this soon was sent twice, by a second press or a second tab.
_TWICE: Final = timedelta(minutes=10)


@retrying
def sign_up(
    *,
    email: str,
    name: str,
    password: str,
    organization: NewOrganization,
    address: str = "",
    request: str = "",
) -> tuple[Person, Organization]:
    """Nobody has a role here yet, so whether strangers may is asked instead of a permission.

    Sent twice with the same password it makes one. ``address`` and ``request`` are those of the visitor, for the
    event log. Raises :class:`SignUpClosed` and ``FieldErrors``, in which ``organization`` is the organization's name.
    """
    serialize(f"sign-up of {email.strip().lower()}")
    before = _just_made(email, password, organization.name)
    if before is not None:
        return before
    require_open()
    person = create_person(email=email, name=name, password=password)
    actor = Actor(ActorKind.PERSON, str(person.id), str(person), address=address, request=request)
    try:
        made = set_up_organization(
            owner=person, actor=actor, email=person.email, rehearsal=is_at_hand(), **organization.facts()
        )
    except FieldErrors as error:
        # The person's own name stands beside it in the form.
        raise FieldErrors(
            {("organization" if field == "name" else field): text for field, text in error.errors.items()}
        ) from error
    return person, made


def _just_made(email: str, password: str, organization_name: str) -> tuple[Person, Organization] | None:
    recent = clock.now(None) - _TWICE
    person = Person.objects.filter(email=email.strip().lower(), created_at__gte=recent).first()
    if person is None or not person.check_password(password):
        return None
    own = [row.organization for row in memberships_of(person)]
    same = [organization for organization in own if organization.name == organization_name.strip()]
    return (person, same[0]) if same else None
