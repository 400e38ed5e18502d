"""Inviting, sending again, withdrawing, accepting: once, by the right person, within a week."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.selectors import list_events
from allsquare.identity.errors import AlreadyMember, InvitationUnknown, WrongPerson
from allsquare.identity.models import Invitation, Membership, Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.selectors import invitation_by_token, invitations_of, open_invitations
from allsquare.identity.services.accept_invitation import accept_invitation
from allsquare.identity.services.invite_member import invite_member
from allsquare.identity.services.join_as_new_person import join_as_new_person
from allsquare.identity.services.resend_invitation import resend_invitation
from allsquare.identity.services.withdraw_invitation import withdraw_invitation
from tests.factories import make_organization, make_person, member_actor

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def invite(
    organization: Organization, email: str = "nadia@example.com", role: Role = Role.SALES
) -> Invitation:
    return invite_member(organization=organization, email=email, role=role, actor=SYSTEM)


def test_somebody_new_joins_by_the_link_once(organization: Organization) -> None:
    invitation = invite(organization, " Nadia@Example.com ")
    assert (
        timedelta(0)
        <= invitation.expires_at - clock.now(None) - timedelta(days=6, hours=23)
        <= timedelta(hours=1)
    )
    made = join_as_new_person(token=invitation.token, name="Nadia", password=PASSWORD)
    assert (made.person.email, made.role) == ("nadia@example.com", Role.SALES)
    assert [event.kind for event in list_events(organization.id)][:2] == ["member.joined", "member.invited"]
    assert invitation_by_token(invitation.token) is None
    with pytest.raises(InvitationUnknown):
        join_as_new_person(token=invitation.token, name="Nadia", password=PASSWORD)
    with pytest.raises(InvitationUnknown):
        accept_invitation(token=invitation.token, person=made.person)


def test_somebody_known_joins_and_somebody_else_does_not(organization: Organization) -> None:
    invitation = invite(organization)
    with pytest.raises(WrongPerson):
        accept_invitation(token=invitation.token, person=make_person())
    nadia = make_person(email="nadia@example.com")
    assert accept_invitation(token=invitation.token, person=nadia).person == nadia


def test_a_weak_password_is_refused_and_the_link_still_works(organization: Organization) -> None:
    invitation = invite(organization)
    with pytest.raises(FieldErrors):
        join_as_new_person(token=invitation.token, name="Nadia", password="short")
    assert not Person.objects.filter(email=invitation.email).exists()
    assert invitation_by_token(invitation.token) is not None


def test_the_token_stands_nowhere_in_the_clear(organization: Organization) -> None:
    invitation = invite(organization)
    stored = Invitation.objects.filter(organization=organization).extra(select={"raw": "token::text"}).get()
    assert stored.raw.startswith("gAAAA")
    assert invitation.token not in str(list_events(organization.id)[0].data)
    assert len(invitation.token) == 22


def test_an_old_or_withdrawn_link_leads_nowhere(organization: Organization) -> None:
    old, withdrawn = invite(organization, "old@example.com"), invite(organization, "out@example.com")
    Invitation.objects.filter(organization=organization, id=old.id).update(expires_at=clock.now(None))
    withdraw_invitation(organization=organization, invitation_id=withdrawn.id, actor=SYSTEM)
    for invitation in (old, withdrawn):
        with pytest.raises(InvitationUnknown):
            join_as_new_person(token=invitation.token, name="X", password=PASSWORD)
    assert invitations_of("out@example.com") == []
    with pytest.raises(InvitationUnknown):
        resend_invitation(organization=organization, invitation_id=withdrawn.id, actor=SYSTEM)


def test_sent_again_it_works_another_week(organization: Organization) -> None:
    first = invite(organization)
    Invitation.objects.filter(organization=organization, id=first.id).update(expires_at=clock.now(None))
    again = resend_invitation(organization=organization, invitation_id=first.id, actor=SYSTEM)
    assert (again.token, again.sent) == (first.token, 2)
    assert invitation_by_token(first.token) is not None


def test_inviting_twice_changes_the_role_of_the_one_that_waits(organization: Organization) -> None:
    first, second = invite(organization), invite(organization, role=Role.VIEWER)
    assert first.id == second.id
    assert [(row.role, row.sent) for row in open_invitations(organization)] == [("viewer", 2)]


def test_a_member_and_nonsense_are_refused(organization: Organization) -> None:
    actor = member_actor(organization)
    member = Membership.objects.select_related("person").get(organization=organization)
    with pytest.raises(AlreadyMember):
        invite(organization, member.person.email)
    for email in ("", "nobody", "a@b" + "c" * 300 + ".example"):
        with pytest.raises(FieldErrors):
            invite_member(organization=organization, email=email, role=Role.SALES, actor=actor)


def test_who_is_a_member_meanwhile_keeps_their_role(organization: Organization) -> None:
    invitation = invite(organization, role=Role.OWNER)
    nadia = make_person(email="nadia@example.com")
    member_actor(organization, Role.VIEWER, nadia)
    assert accept_invitation(token=invitation.token, person=nadia).role == Role.VIEWER


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.VIEWER])
def test_only_owners_and_administrators_invite(role: Role, organization: Organization) -> None:
    with pytest.raises(PermissionDenied):
        invite_member(
            organization=organization,
            email="a@example.com",
            role=Role.VIEWER,
            actor=member_actor(organization, role),
        )


def test_an_administrator_makes_no_owner_by_any_way(organization: Organization) -> None:
    admin = member_actor(organization, Role.ADMINISTRATOR)
    with pytest.raises(PermissionDenied):
        invite_member(organization=organization, email="a@example.com", role=Role.OWNER, actor=admin)
    waiting = invite(organization, role=Role.OWNER)
    for act in (resend_invitation, withdraw_invitation):
        with pytest.raises(PermissionDenied):
            act(organization=organization, invitation_id=waiting.id, actor=admin)
    with pytest.raises(PermissionDenied):
        invite_member(organization=organization, email=waiting.email, role=Role.VIEWER, actor=admin)
