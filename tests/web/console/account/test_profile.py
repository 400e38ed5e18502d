"""My account: name, language, sessions."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.core.ids import new_id
from allsquare.core.models import Event
from allsquare.identity.models import Person
from allsquare.identity.selectors import sessions_of
from tests.factories import make_person
from tests.web.console.world import World

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604"


@pytest.fixture
def person(world: World) -> Person:
    found = world.member()
    found.set_password(PASSWORD)
    found.save()
    return found


def browser(person: Person, agent: str = FIREFOX, at: str = "192.0.2.1") -> Client:
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=at)
    answer = client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("console:home")).status_code == 200


def test_name_and_language_are_changed(person: Person) -> None:
    client = browser(person)
    client.post(reverse("account_profile"), {"name": "Ines Hafen", "language": "de"})
    person.refresh_from_db()
    assert (person.name, person.language) == ("Ines Hafen", "de")
    refused = client.post(reverse("account_profile"), {"name": " ", "language": "xx"})
    assert refused.status_code == 422


def test_sessions_are_listed_with_device_and_address(person: Person) -> None:
    client = browser(person)
    browser(person, PHONE, "198.51.100.7")
    page = client.get(reverse("account_profile")).content.decode()
    for words in ("Firefox · Linux", "Safari · iPhone", "198.51.100.7", "this session"):
        assert words in page


def test_one_session_is_ended_elsewhere(person: Person) -> None:
    here, phone, third = browser(person), browser(person, PHONE), browser(person)
    [ending] = [row for row in sessions_of(person) if row.device == "Safari · iPhone"]
    here.post(reverse("account_session_end", args=[ending.id]))
    assert (is_in(here), is_in(phone), is_in(third)) == (True, False, True)


def test_all_others_are_ended_and_the_log_says_how_many(person: Person, world: World) -> None:
    here, *others = browser(person), browser(person, PHONE), browser(person)
    page = here.post(reverse("account_sessions_end"), follow=True).content.decode()
    assert "2 sessions are ended." in page
    assert is_in(here)
    assert not any(is_in(other) for other in others)
    [event] = Event.objects.filter(organization_id=world.organization.id, kind="person.sessions_ended")
    assert event.data["count"] == 2


def test_nobody_ends_the_sessions_of_somebody_else(person: Person, world: World) -> None:
    victim = browser(person)
    [session] = sessions_of(person)
    other = make_person(password=PASSWORD)
    for address in (session.id, new_id()):
        browser(other).post(reverse("account_session_end", args=[address]))
    assert is_in(victim)


def test_a_session_that_was_there_before_is_noted_in_use(person: Person) -> None:
    client = Client(HTTP_USER_AGENT=PHONE)
    client.force_login(person)
    assert sessions_of(person) == []
    client.get(reverse("console:home"))
    assert [row.device for row in sessions_of(person)] == ["Safari · iPhone"]


def test_a_new_password_ends_the_other_sessions(person: Person) -> None:
    here, phone = browser(person), browser(person, PHONE)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, **new})
    assert is_in(here)
    assert not is_in(phone)
    assert len(sessions_of(person)) == 1


def test_the_first_browser_is_no_alarm_and_an_unknown_one_is(person: Person, world: World) -> None:
    first = browser(person)
    first.post(reverse("account_logout"))
    first.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    browser(person, PHONE)
    told = Event.objects.filter(organization_id=world.organization.id, kind="person.signed_in").order_by("id")
    assert [event.data["new_device"] for event in told] == [False, False, True]


def test_old_hashes_become_argon2_at_the_next_sign_in(person: Person, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [
        "allsquare.identity.passwords.Argon2",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert person.password.startswith("md5$")
    assert is_in(browser(person))
    person.refresh_from_db()
    assert person.password.startswith("argon2$argon2id$v=19$m=65536,t=3,p=4$")
    assert is_in(browser(person))
