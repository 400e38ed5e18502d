"""A member gets another role."""

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
def change_role(*, organization: Organization, membership_id: UUID, role: Role, actor: Actor) -> Membership:
    """Only an owner makes and unmakes owners, and the last one stays. Takes effect at the member's next request.

    Raises ``PermissionDenied``, ``LastOwner`` and ``MemberUnknown``.
    """
    require(organization, actor, Permission.MANAGE_PEOPLE)
    membership = locked(organization, membership_id)
    before = Role(membership.role)
    owners_only(actor, before, role)
    if before is role:
        return membership
    keep_an_owner(organization, membership)
    membership.role = role
    membership.save(update_fields=["role"])
    tell(organization, "member.role_changed", membership, actor, before=before.value)
    return membership
