"""A person becomes a member of an organization."""

from __future__ import annotations

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.errors import AlreadyMember
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.permissions import Permission, require
from allsquare.identity.roles import Role


@retrying
def add_member(*, organization: Organization, person: Person, role: Role, actor: Actor) -> Membership:
    """Only an owner makes another owner. Asking twice changes nothing.

    Raises :class:`AlreadyMember` when the person has another role here.
    """
    require(organization, actor, Permission.MANAGE_PEOPLE)
    if role is Role.OWNER and actor.kind is ActorKind.PERSON and actor.role != Role.OWNER:
        raise PermissionDenied(_("Only an owner can make another owner. Ask one."))
    at = clock.now(organization)
    membership, made = Membership.objects.get_or_create(
        organization=organization, person=person, defaults={"role": role, "created_at": at}
    )
    if membership.role != role:
        raise AlreadyMember(
            _("%(person)s is a member already, as %(role)s.")
            % {"person": person, "role": Role(membership.role).label},
            field="person",
        )
    if made:
        facts: dict[str, object] = {"person": str(person.id), "role": role.value}
        news = News("member.added", "membership", membership.id, facts)
        record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return membership
