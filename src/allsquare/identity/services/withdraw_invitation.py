"""An invitation is taken back."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.invitations import locked, tell
from allsquare.identity.models import Invitation, Organization
from allsquare.identity.permissions import Permission, require


@retrying
def withdraw_invitation(*, organization: Organization, invitation_id: UUID, actor: Actor) -> Invitation:
    """Its link leads nowhere any more. Raises ``InvitationUnknown`` and ``PermissionDenied``."""
    require(organization, actor, Permission.MANAGE_PEOPLE)
    found = locked(organization, invitation_id, actor)
    found.withdrawn_at = clock.now(None)
    found.save(update_fields=["withdrawn_at"])
    tell(organization, "member.invitation_withdrawn", found, actor)
    return found
