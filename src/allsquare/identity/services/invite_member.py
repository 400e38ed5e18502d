"""Somebody is invited into an organization, by mail."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import FieldErrors
from allsquare.core.idempotency import Answer, once
from allsquare.core.ids import new_token, token_digest
from allsquare.core.transactions import retrying
from allsquare.identity.errors import AlreadyMember
from allsquare.identity.invitations import VALID, owners_only, send, tell, waiting
from allsquare.identity.models import Invitation, Membership, Organization
from allsquare.identity.permissions import Permission, require
from allsquare.identity.roles import Role


@retrying
def invite_member(
    *, organization: Organization, email: str, role: Role, actor: Actor, key: str = ""
) -> Invitation:
    """The mail is written by whoever reads the event log. Inviting the same address again while it waits changes the
    role and sends the mail again; the same form again, known by its ``key``, does not.

    Only an owner invites an owner. Raises ``FieldErrors``, ``PermissionDenied``, :class:`AlreadyMember`,
    ``KeyReused``, ``KeyInvalid``.
    """
    require(organization, actor, Permission.MANAGE_PEOPLE)
    owners_only(actor, role)
    address = _checked(email)
    if not key:
        return _invite(organization, address, role, actor)

    def invite() -> Answer:
        return {"invitation": str(_invite(organization, address, role, actor).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="member.invite",
        key=key,
        given={"email": address, "role": role},
        at=clock.now(None),
        work=invite,
    )
    return Invitation.objects.get(organization=organization, id=UUID(str(answer["invitation"])))


def _invite(organization: Organization, address: str, role: Role, actor: Actor) -> Invitation:
    if Membership.objects.filter(organization=organization, person__email=address).exists():
        raise AlreadyMember(_("%(email)s is a member already.") % {"email": address}, field="email")
    # Two administrators at once would not see each other's.
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    before = waiting(organization).filter(email=address).first()
    if before is not None:
        owners_only(actor, Role(before.role))
        before.role = role
        return send(organization, before, actor)
    token = new_token()
    made = Invitation.objects.create(
        organization=organization,
        email=address,
        role=role,
        token_hash=token_digest(token),
        token=token,
        invited_by_id=UUID(actor.id) if actor.kind is ActorKind.PERSON else None,
        created_at=clock.now(None),
        expires_at=clock.now(None) + VALID,
    )
    tell(organization, "member.invited", made, actor)
    return made


def _checked(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise FieldErrors({"email": _("This is not an e-mail address.")}) from None
    if len(address) > 254:
        raise FieldErrors({"email": _("This address is too long.")})
    return address
