"""What invitations have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.events import News, record
from allsquare.identity.errors import InvitationUnknown
from allsquare.identity.models import Invitation, Organization
from allsquare.identity.roles import Role

#: How long a link can be used.
VALID: Final = timedelta(days=7)


def owners_only(actor: Actor, *roles: Role) -> None:
    """Only an owner makes or unmakes owners."""
    if Role.OWNER in roles and actor.kind is ActorKind.PERSON and actor.role != Role.OWNER:
        raise PermissionDenied(_("Only an owner can make another owner. Ask one."))


def locked(organization: Organization, invitation_id: UUID, actor: Actor) -> Invitation:
    """One that still waits. Raises :class:`InvitationUnknown` and ``PermissionDenied``."""
    found = waiting(organization).select_for_update().filter(id=invitation_id).first()
    if found is None:
        raise InvitationUnknown(_("This invitation is over: it was accepted or withdrawn."))
    owners_only(actor, Role(found.role))
    return found


def waiting(organization: Organization) -> QuerySet[Invitation]:
    return Invitation.objects.filter(organization=organization, accepted_at=None, withdrawn_at=None)


def send(organization: Organization, invitation: Invitation, actor: Actor) -> Invitation:
    """Once more, for another week."""
    invitation.sent += 1
    invitation.expires_at = clock.now(None) + VALID
    invitation.save(update_fields=["role", "sent", "expires_at"])
    tell(organization, "member.invited", invitation, actor)
    return invitation


def tell(organization: Organization, kind: str, invitation: Invitation, actor: Actor) -> None:
    facts: dict[str, object] = {
        "email": invitation.email,
        "role": str(invitation.role),
        "sent": invitation.sent,
    }
    news = News(kind, "invitation", invitation.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
