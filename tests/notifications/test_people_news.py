"""Mails to people: invitations, and news of their own account."""

from __future__ import annotations

import pytest
from django.conf import settings

from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.models import Event
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.change_role import change_role
from allsquare.identity.services.invite_member import invite_member
from allsquare.identity.services.resend_invitation import resend_invitation
from allsquare.identity.services.tell_of_person import tell_of_person
from allsquare.identity.services.withdraw_invitation import withdraw_invitation
from allsquare.notifications.compose import compose, preview
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.letters.people_words import people_words
from allsquare.notifications.models import Mail
from allsquare.notifications.people_news import mails_to_people
from allsquare.notifications.reader import read
from allsquare.notifications.services.resend import resend
from tests.factories import make_organization, make_person, member_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return make_organization(name="Harbour & Pine")


@pytest.fixture
def owner(organization: Organization) -> Actor:
    return member_actor(organization)


def told(*organizations: Organization) -> list[Mail]:
    """The mails that everything so far asks for, read twice as after a crash."""
    ids = [organization.id for organization in organizations]
    for _time in range(2):
        read(list(Event.objects.filter(organization_id__in=ids).order_by("id")))
    return list(Mail.objects.filter(organization_id__in=ids).order_by("id"))


def test_an_invitation_is_mailed_with_a_link_that_works(organization: Organization, owner: Actor) -> None:
    invitation = invite_member(
        organization=organization, email="nadia@example.com", role=Role.SALES, actor=owner
    )
    [mail] = told(organization)
    message = compose(organization, mail)
    assert message.to == ["nadia@example.com"]
    assert message.subject == "Ada Owner invites you to Harbour & Pine"
    assert f"{settings.BASE_URL}/accounts/invitations/{invitation.token}/" in str(message.body)
    assert "as sales" in str(message.body)
    resend_invitation(organization=organization, invitation_id=invitation.id, actor=owner)
    assert len(told(organization)) == 2


def test_a_page_shows_the_letter_without_its_key(organization: Organization, owner: Actor) -> None:
    invitation = invite_member(
        organization=organization, email="nadia@example.com", role=Role.OWNER, actor=owner
    )
    [mail] = told(organization)
    letter, html = preview(organization, mail)
    assert letter.button is None
    assert invitation.token not in html


def test_nobody_sends_somebody_elses_key_to_themselves(organization: Organization, owner: Actor) -> None:
    invite_member(organization=organization, email="nadia@example.com", role=Role.OWNER, actor=owner)
    [mail] = told(organization)
    support = member_actor(organization, Role.SUPPORT)
    with pytest.raises(InvalidInput):
        resend(organization=organization, mail_id=mail.id, actor=support, recipient="me@example.com")
    assert Mail.objects.filter(organization=organization).count() == 1


def test_a_withdrawn_invitation_is_not_mailed_any_more(organization: Organization, owner: Actor) -> None:
    invitation = invite_member(
        organization=organization, email="nadia@example.com", role=Role.SALES, actor=owner
    )
    [mail] = told(organization)
    withdraw_invitation(organization=organization, invitation_id=invitation.id, actor=owner)
    with pytest.raises(NothingToSay):
        compose(organization, mail)


def sign_in(person: Person, *, new_device: bool) -> None:
    data: dict[str, object] = {"device": "Firefox · Linux", "new_device": new_device}
    tell_of_person(person=person, kind="person.signed_in", data=data, actor=SYSTEM)


def test_a_sign_in_is_told_by_one_of_several_organizations_and_only_when_it_is_new(
    organization: Organization,
) -> None:
    other, person = make_organization(), make_person(email="ines@example.com")
    for home in (organization, other):
        member_actor(home, Role.OWNER, person)
    sign_in(person, new_device=False)
    sign_in(person, new_device=True)
    [mail] = told(organization, other)
    message = compose(mail.organization, mail)
    assert message.to == ["ines@example.com"]
    assert message.subject == "New sign-in to your account"
    assert "Firefox · Linux" in str(message.body)
    assert "choose a new password" in str(message.body)


def test_who_belongs_nowhere_has_no_log_and_no_mail() -> None:
    sign_in(make_person(), new_device=True)
    assert not Event.objects.exists()


def test_a_changed_role_is_told_in_the_members_language(organization: Organization, owner: Actor) -> None:
    clerk = member_actor(organization, Role.BILLING_CLERK, make_person(email="karim@example.com"))
    Person.objects.filter(id=clerk.id).update(language="de")
    row = Membership.objects.get(organization=organization, person_id=clerk.id)
    change_role(organization=organization, membership_id=row.id, role=Role.ACCOUNTANT, actor=owner)
    [mail] = told(organization)
    message = compose(organization, mail)
    assert message.to == ["karim@example.com"]
    assert message.subject == "Ihre Rolle bei Harbour & Pine ist jetzt Buchhalter"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_kind_that_is_told_has_words_in_every_language(
    language: str, organization: Organization, owner: Actor
) -> None:
    person = Person.objects.get(id=owner.id)
    Person.objects.filter(id=owner.id).update(language=language)
    words = people_words(language)
    for kind in words.news:
        if kind.startswith("person."):
            data: dict[str, object] = {"device": "Firefox", "new_device": True}
            tell_of_person(person=person, kind=kind, data=data, actor=owner)
    events = list(Event.objects.filter(organization_id=organization.id, kind__startswith="person."))
    mails = mails_to_people(organization, events)
    assert len(mails) == len(events) == 4
    subjects = {compose(organization, mail).subject for mail in mails}
    assert subjects == {words.news[event.kind][0] for event in events}
