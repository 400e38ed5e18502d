"""The mail of an invitation is sent once more."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.core.transactions import retrying
from allsquare.identity.invitations import locked, send
from allsquare.identity.models import Invitation, Organization
from allsquare.identity.permissions import Permission, require


@retrying
def resend_invitation(*, organization: Organization, invitation_id: UUID, actor: Actor) -> Invitation:
    """Its link works for another week. Raises ``InvitationUnknown`` and ``PermissionDenied``."""
    require(organization, actor, Permission.MANAGE_PEOPLE)
    return send(organization, locked(organization, invitation_id, actor), actor)
