"""Guessing passwords, from one place and from many, and who is let in all the same."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.core.models import Event, RateCounter
from allsquare.identity.models import Person
from allsquare.web.console.account import lockout
from tests.web.console.world import World

PASSWORD = "correct horse battery"
HERE, THERE = "192.0.2.1", "198.51.100.1"


@pytest.fixture
def person(world: World) -> Person:
    found = world.member()
    found.set_password(PASSWORD)
    found.save()
    return found


def sign_in(
    email: str, password: str = PASSWORD, *, at: str = HERE, client: Client | None = None
) -> tuple[int, str]:
    """Status, and the sentences of what went wrong."""
    answer = (client or Client()).post(
        reverse("account_login"), {"login": email, "password": password}, REMOTE_ADDR=at
    )
    return answer.status_code, " ".join(re.findall(r"<li>(.*?)</li>", answer.content.decode()))


def guess(email: str, times: int, *, at: str = HERE) -> str:
    said = ""
    for number in range(times):
        _status, said = sign_in(email, f"guess {number}", at=at)
    return said


def test_after_five_guesses_the_right_password_waits_too_and_says_how_long(person: Person) -> None:
    assert "do not belong together" in guess(person.email, 5)
    status, said = sign_in(person.email)
    assert status == 200
    assert re.search(r"Wait 1[45] min", said)


def test_an_unknown_address_is_answered_alike(person: Person) -> None:
    for times in (1, 5):
        assert guess(person.email, times) == guess("nobody@example.com", times)


def test_from_elsewhere_the_person_gets_in(person: Person) -> None:
    guess(person.email, 8)
    assert sign_in(person.email, at=THERE)[0] == 302


def test_an_address_of_ipv6_is_its_network(person: Person) -> None:
    for number in range(5):
        sign_in(person.email, "guess", at=f"2001:db8::{number + 1}")
    assert sign_in(person.email, at="2001:db8::ffff")[0] == 200
    assert sign_in(person.email, at="2001:db8:0:1::1")[0] == 302


def test_a_list_of_addresses_from_one_network_ends_too(person: Person) -> None:
    for number in range(30):
        sign_in(f"person{number}@example.org", "guess")
    assert "Too many tries" in sign_in(person.email)[1] or sign_in(person.email)[0] == 429


def test_many_machines_cannot_lock_the_owner_out_of_a_browser_they_used(person: Person) -> None:
    own = Client()
    assert sign_in(person.email, client=own)[0] == 302
    own.post(reverse("account_logout"))
    account = lockout._account(person.email)
    RateCounter.objects.update_or_create(
        key=lockout.PER_ACCOUNT.key(account),
        defaults={"tries": 100, "ends_at": clock.now(None) + timedelta(hours=1)},
    )
    assert "Too many tries" in sign_in(person.email, at=THERE)[1]
    assert sign_in(person.email, client=own, at="203.0.113.5")[0] == 302


def test_a_forged_mark_of_a_browser_counts_for_nothing(person: Person) -> None:
    guess(person.email, 5)
    forger = Client()
    forger.cookies["known_device"] = f'["{person.id}"]:forged'
    assert sign_in(person.email, client=forger)[0] == 200


def test_signing_in_forgets_the_slips_before(person: Person) -> None:
    for _round in range(3):
        guess(person.email, 4)
        assert sign_in(person.email)[0] == 302


def test_the_lock_opens_by_itself(person: Person) -> None:
    guess(person.email, 6)
    RateCounter.objects.update(ends_at=clock.now(None))
    assert sign_in(person.email)[0] == 302


def test_the_lockout_stands_in_the_log_once(person: Person, world: World) -> None:
    guess(person.email, 9)
    [event] = Event.objects.filter(organization_id=world.organization.id, kind="person.locked_out")
    assert (event.subject_id, event.address) == (person.id, HERE)
    assert event.data["minutes"] in (14, 15)


def test_an_ipv4_address_written_as_ipv6_is_the_same_place(person: Person) -> None:
    guess(person.email, 5, at=f"::ffff:{HERE}")
    status, said = sign_in(person.email)
    assert status == 200
    assert "Wait" in said
