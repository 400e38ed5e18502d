from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.core.errors import FieldErrors
from allsquare.identity.models import Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.selectors import memberships_of
from allsquare.onboarding.errors import SignUpClosed
from allsquare.onboarding.newcomer import NewOrganization
from allsquare.onboarding.services.sign_up import sign_up
from tests.factories import make_organization

pytestmark = pytest.mark.django_db

NEW = NewOrganization("Harbour & Pine", "DE", "EUR", "Europe/Berlin", "de")
PASSWORD = "correct horse battery"


def come(email: str = "ines@harbour.example", **more: object) -> tuple[Person, Organization]:
    given = {"name": "Ines", "password": PASSWORD, "organization": NEW, **more}
    return sign_up(email=email, **given)  # type: ignore[arg-type]  # the test says which


def test_the_first_visitor_becomes_the_owner_and_the_second_is_refused() -> None:
    person, organization = come(" Ines@Harbour.example")
    assert person.email == organization.email == "ines@harbour.example"
    [membership] = memberships_of(person)
    assert (membership.organization, membership.role) == (organization, Role.OWNER)
    with pytest.raises(SignUpClosed):
        come("second@harbour.example")
    assert Person.objects.count() == 1


def test_always_open_means_always_and_never_means_never(settings: Settings) -> None:
    settings.ALLSQUARE_OPEN_SIGN_UP = "always"
    come()
    come("second@harbour.example")
    settings.ALLSQUARE_OPEN_SIGN_UP = "never"
    with pytest.raises(SignUpClosed):
        come("third@harbour.example")


def test_never_refuses_the_first_visitor_too(settings: Settings) -> None:
    settings.ALLSQUARE_OPEN_SIGN_UP = "never"
    with pytest.raises(SignUpClosed):
        come()


def test_sent_twice_it_makes_one() -> None:
    assert come() == come()
    assert (Person.objects.count(), Organization.objects.count()) == (1, 1)


def test_a_known_address_with_another_password_is_nobody_we_let_in(settings: Settings) -> None:
    settings.ALLSQUARE_OPEN_SIGN_UP = "always"
    come()
    with pytest.raises(FieldErrors) as refused:
        come(password="another horse battery")
    assert set(refused.value.errors) == {"email"}


def test_later_the_same_form_is_no_repeat_any_more(settings: Settings) -> None:
    settings.ALLSQUARE_OPEN_SIGN_UP = "always"
    person, _organization = come()
    Person.objects.filter(id=person.id).update(created_at=clock.now(None) - timedelta(hours=1))
    with pytest.raises(FieldErrors):
        come()


def test_what_is_wrong_is_named_and_nothing_stays() -> None:
    with pytest.raises(FieldErrors) as refused:
        come("not an address", password="short")
    assert set(refused.value.errors) == {"email", "password"}
    with pytest.raises(FieldErrors) as refused:
        come(organization=replace(NEW, name=" ", time_zone="Mars/Olympus"))
    assert set(refused.value.errors) == {"organization", "time_zone"}
    assert not Person.objects.exists()


def test_an_installation_in_use_is_not_claimed() -> None:
    make_organization()
    with pytest.raises(SignUpClosed):
        come()
