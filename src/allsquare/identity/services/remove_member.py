"""A member leaves."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.invitations import owners_only
from allsquare.identity.members import keep_an_owner, locked, tell
from allsquare.identity.models import Membership, Organization
from allsquare.identity.permissions import Permission, require
from allsquare.identity.roles import Role


@retrying
def remove_member(*, organization: Organization, membership_id: UUID, actor: Actor) -> Membership:
    """Their sessions lose the organization at once, since each request asks for the membership anew. What they did
    stays theirs. Raises as ``change_role``."""
    require(organization, actor, Permission.MANAGE_PEOPLE)
    membership = locked(organization, membership_id)
    owners_only(actor, Role(membership.role))
    keep_an_owner(organization, membership)
    tell(organization, "member.removed", membership, actor)
    Membership.objects.filter(organization=organization, id=membership.id).delete()
    return membership
