"""Whoever was invited joins, once."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.events import News, record
from allsquare.core.ids import token_digest
from allsquare.identity.errors import InvitationUnknown, WrongPerson
from allsquare.identity.models import Invitation, Membership, Person


def usable(token: str) -> Invitation:
    """Locked: of two who accept at once the second finds it used. Raises :class:`InvitationUnknown`."""
    waiting = Invitation.objects.select_for_update(of=("self",)).select_related("organization")
    found = waiting.filter(
        token_hash=token_digest(token), accepted_at=None, withdrawn_at=None, expires_at__gt=clock.now(None)
    ).first()
    if found is None:
        raise InvitationUnknown(
            _("This invitation cannot be used: it was accepted, withdrawn, or is too old.")
        )
    return found


def join(invitation: Invitation, person: Person, address: str, request: str) -> Membership:
    """Who is a member meanwhile keeps their role. Raises :class:`WrongPerson`."""
    if person.email != invitation.email:
        raise WrongPerson(
            _("This invitation is for %(email)s. Sign in with that address.") % {"email": invitation.email}
        )
    organization, at = invitation.organization, clock.now(invitation.organization)
    membership, made = Membership.objects.get_or_create(
        organization=organization, person=person, defaults={"role": invitation.role, "created_at": at}
    )
    invitation.accepted_at = clock.now(None)
    invitation.save(update_fields=["accepted_at"])
    # Whoever has the link has read the mail: single sign-on may trust the password beside this address.
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )
    if made:
        actor = Actor(
            ActorKind.PERSON,
            str(person.id),
            str(person),
            role=membership.role,
            organization_id=organization.id,
            address=address,
            request=request,
        )
        facts: dict[str, object] = {
            "person": str(person.id),
            "role": membership.role,
            "email": person.email,
        }
        news = News("member.joined", "membership", membership.id, facts)
        record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return membership
