"""What changes of members have in common."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.identity.errors import LastOwner, MemberUnknown
from allsquare.identity.models import Membership, Organization
from allsquare.identity.roles import Role


def locked(organization: Organization, membership_id: UUID) -> Membership:
    """Raises :class:`MemberUnknown`. The organization is locked first: of two owners who unmake each other at once,
    the second must see what the first did."""
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    members = Membership.objects.filter(organization=organization, id=membership_id)
    found = members.select_related("person").first()
    if found is None:
        raise MemberUnknown(_("There is no such member."))
    return found


def keep_an_owner(organization: Organization, leaving: Membership) -> None:
    """Raises :class:`LastOwner`."""
    owners = Membership.objects.filter(organization=organization, role=Role.OWNER, person__is_active=True)
    if leaving.role == Role.OWNER and not owners.exclude(id=leaving.id).exists():
        raise LastOwner(_("This is the last owner. Make somebody else an owner first."))


def tell(organization: Organization, kind: str, membership: Membership, actor: Actor, **more: object) -> None:
    facts: dict[str, object] = {
        "person": str(membership.person_id),
        "email": membership.person.email,
        "role": str(membership.role),
        **more,
    }
    news = News(kind, "membership", membership.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
