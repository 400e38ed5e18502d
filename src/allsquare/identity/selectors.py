"""Reading organizations and memberships."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from allsquare.core import rows
from allsquare.core.clock import now
from allsquare.core.errors import NotFound
from allsquare.core.ids import token_digest
from allsquare.identity.errors import InvitationUnknown, MemberUnknown
from allsquare.identity.models import (
    Invitation,
    Membership,
    Organization,
    Person,
    PersonSession,
    SavedView,
)

SECOND_FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def get_organization(organization_id: UUID) -> Organization:
    """Raises :class:`NotFound`."""
    found = Organization.objects.filter(id=organization_id).first()
    if found is None:
        raise NotFound(_("There is no such organization."))
    return found


def memberships_of(person: Person) -> list[Membership]:
    """The person's memberships with their organizations (without the pictures), the oldest first."""
    return rows.with_one(
        Membership,
        "organization",
        "m.person_id = %b ORDER BY m.created_at, m.id",
        [person.id],
        leave_out=("logo",),
    )


def membership_of(person: Person, organization_id: UUID | None) -> Membership | None:
    """The person's membership in the organization asked for, else in the one they joined first."""
    mine = memberships_of(person)
    chosen = (row for row in mine if row.organization_id == organization_id)
    return next(chosen, None) or (mine[0] if mine else None)


def members_of(organization: Organization) -> list[Membership]:
    """With their people, in the order in which they joined."""
    found = Membership.objects.filter(organization=organization).select_related("person")
    return list(found.order_by("created_at", "id"))


def people_told_of_payments(organization: Organization) -> list[Person]:
    """Active owners and administrators, who get the notice that money came in."""
    memberships = Membership.objects.filter(
        organization=organization, role__in=["owner", "administrator"], person__is_active=True
    ).select_related("person")
    return [membership.person for membership in memberships.order_by("created_at", "id")]


@dataclass(frozen=True, slots=True)
class Member:
    """A row of the page People."""

    membership: Membership
    second_factor: bool


def list_members(organization: Organization) -> list[Member]:
    """With their people, by name."""
    guarded = Authenticator.objects.filter(user_id=OuterRef("person_id"), type__in=SECOND_FACTORS)
    found = Membership.objects.filter(organization=organization).annotate(second_factor=Exists(guarded))
    rows = found.select_related("person").order_by("person__name", "person__email", "id")
    return [Member(row, row.second_factor) for row in rows]


def get_member(organization: Organization, membership_id: UUID) -> Membership:
    """Raises :class:`MemberUnknown`."""
    members = Membership.objects.filter(organization=organization, id=membership_id)
    found = members.select_related("person").first()
    if found is None:
        raise MemberUnknown(_("There is no such member."))
    return found


def open_invitations(organization: Organization) -> list[Invitation]:
    """Those that were neither accepted nor withdrawn, the newest first; some may have expired."""
    found = Invitation.objects.filter(organization=organization, accepted_at=None, withdrawn_at=None)
    return list(found.select_related("invited_by").order_by("-created_at", "-id"))


def get_invitation(organization: Organization, invitation_id: UUID) -> Invitation:
    """Raises :class:`InvitationUnknown`."""
    found = Invitation.objects.filter(organization=organization, id=invitation_id).first()
    if found is None:
        raise InvitationUnknown(_("There is no such invitation."))
    return found


def invitation_by_token(token: str) -> Invitation | None:
    """One that can be used now, with its organization."""
    found = Invitation.objects.filter(
        token_hash=token_digest(token), accepted_at=None, withdrawn_at=None, expires_at__gt=now(None)
    )
    return found.select_related("organization").first()


def invitations_of(email: str) -> list[Invitation]:
    """Those to this address that can be used now."""
    found = Invitation.objects.filter(
        email=email.strip().lower(), accepted_at=None, withdrawn_at=None, expires_at__gt=now(None)
    )
    return list(found.select_related("organization").order_by("created_at", "id"))


def person_of(email: str) -> Person | None:
    """Who signs in with this address."""
    return Person.objects.filter(email=email.strip().lower()).first()


def people_by_id(ids: Iterable[UUID]) -> dict[UUID, Person]:
    """For mails to people about their own account, members or not any more."""
    return Person.objects.in_bulk(list(ids))


def has_second_factor(person: Person) -> bool:
    """An authenticator app or a passkey; recovery codes alone are none."""
    return Authenticator.objects.filter(user_id=person.id, type__in=SECOND_FACTORS).exists()


def second_factor_missing(person: Person) -> Organization | None:
    """The first organization that asks the person's role for a second factor, when they have none."""
    asking = (row.organization for row in memberships_of(person) if asks_second_factor(row))
    found = next(asking, None)
    return found if found is not None and not has_second_factor(person) else None


def asks_second_factor(membership: Membership) -> bool:
    return membership.role in membership.organization.second_factor_roles


def sessions_of(person: Person) -> list[PersonSession]:
    """Those that can still be used, the one used last first."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now(None))
    found = PersonSession.objects.filter(Exists(alive), person=person)
    return list(found.order_by("-last_used_at", "-id"))


def views_of(organization: Organization, person_id: UUID, list_name: str) -> list[SavedView]:
    """How the person likes to see a list: by name, first the nameless one that holds its columns."""
    mine = SavedView.objects.filter(organization=organization, person_id=person_id, list_name=list_name)
    return list(mine.order_by("name", "id"))


def has_organizations() -> bool:
    """Has anybody signed up in this installation?"""
    return Organization.objects.exists()


def organizations() -> list[Organization]:
    """All of them, oldest first: for the proofs of ``allsquare verify``."""
    return list(Organization.objects.order_by("created_at", "id"))
