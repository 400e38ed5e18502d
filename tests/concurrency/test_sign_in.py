"""Guesses, codes and owners at once: each limit holds because its count and its answer are one step."""

from __future__ import annotations

import time
from functools import partial

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse

from allsquare.core import clock, ratelimit
from allsquare.core.models import RateCounter
from allsquare.identity.errors import LastOwner
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.change_role import change_role
from allsquare.onboarding.newcomer import NewOrganization
from allsquare.onboarding.services.sign_up import sign_up
from allsquare.web.console.account import lockout, second_factors
from tests.concurrency.races import at_once, failures, succeeded
from tests.factories import make_organization, make_person, member_actor

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

GUESSES = 16


def looked_at(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many of ``GUESSES`` passwords that come at once are looked at."""
    seen: list[str] = []
    person = make_person(email="target@example.com", password="correct horse battery")
    check = Person.check_password

    def counted(self: Person, raw_password: str) -> bool:
        seen.append(raw_password)
        return check(self, raw_password)

    monkeypatch.setattr(Person, "check_password", counted)

    def guess(number: int) -> int:
        typed = {"login": person.email, "password": f"guess {number}"}
        return Client().post(reverse("account_login"), typed, REMOTE_ADDR="192.0.2.9").status_code

    at_once([partial(guess, number) for number in range(GUESSES)])
    return len(seen)


def test_of_many_guesses_at_once_five_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked_at(monkeypatch) == lockout.PER_ACCOUNT_AND_NETWORK.most


def test_control_counting_after_asking_lets_more_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def in_two_steps(limit: ratelimit.Limit, subject: str) -> bool:
        free = ratelimit.wait(limit, subject) == 0
        time.sleep(0.3)  # between the question and the answer the others ask too
        clock_end = clock.now(None) + limit.within
        row, _made = RateCounter.objects.get_or_create(
            key=limit.key(subject), defaults={"tries": 0, "ends_at": clock_end}
        )
        RateCounter.objects.filter(key=row.key).update(tries=row.tries + 1)
        return free

    monkeypatch.setattr(lockout, "take", in_two_steps)
    assert looked_at(monkeypatch) > lockout.PER_ACCOUNT_AND_NETWORK.most


@pytest.fixture
def app() -> tuple[Authenticator, str]:
    """An authenticator app, and its code of this moment."""
    secret = generate_totp_secret()
    found = TOTP.activate(make_person(), secret).instance
    return found, f"{hotp_value(secret, int(clock.now(None).timestamp()) // 30):06}"


def test_one_code_at_once_in_many_browsers_signs_one_in(app: tuple[Authenticator, str]) -> None:
    found, code = app
    answers = at_once([partial(second_factors.use_code, found, code)] * 12)
    assert not failures(answers)
    assert succeeded(answers).count(True) == 1


def test_control_without_the_lock_one_code_counts_twice(
    app: tuple[Authenticator, str], without_row_locks: None
) -> None:
    found, code = app
    assert succeeded(at_once([partial(second_factors.use_code, found, code)] * 12)).count(True) > 1


def two_owners() -> tuple[Organization, list[partial[Membership]]]:
    """Each unmakes the other."""
    organization = make_organization()
    actors = [member_actor(organization) for _ in range(2)]
    rows = {str(row.person_id): row for row in Membership.objects.filter(organization=organization)}
    works = [
        partial(
            change_role,
            organization=organization,
            membership_id=rows[other.id].id,
            role=Role.VIEWER,
            actor=actor,
        )
        for actor, other in zip(actors, reversed(actors), strict=True)
    ]
    return organization, works


def owners(organization: Organization) -> int:
    return Membership.objects.filter(organization=organization, role=Role.OWNER).count()


def test_two_owners_who_unmake_each_other_leave_one() -> None:
    for _round in range(5):
        organization, works = two_owners()
        answers = at_once(works)
        assert [type(failure) for failure in failures(answers)] == [LastOwner]
        assert owners(organization) == 1


def test_control_without_the_lock_nobody_is_left(without_row_locks: None) -> None:
    left = []
    for _round in range(10):
        organization, works = two_owners()
        at_once(works)
        left.append(owners(organization))
    assert 0 in left


def test_of_many_first_visitors_at_once_one_owns_the_installation() -> None:
    new = NewOrganization("First", "DE", "EUR", "Europe/Berlin", "en")
    works = [
        partial(
            sign_up,
            email=f"visitor{number}@example.com",
            name="Visitor",
            password="correct horse battery",
            organization=new,
        )
        for number in range(6)
    ]
    answers = at_once(works)
    assert len(succeeded(answers)) == 1
    assert (Person.objects.count(), Organization.objects.count()) == (1, 1)


def test_the_same_form_twice_at_once_is_one_organization() -> None:
    new = NewOrganization("First", "DE", "EUR", "Europe/Berlin", "en")
    work = partial(
        sign_up, email="a@example.com", name="A", password="correct horse battery", organization=new
    )
    answers = at_once([work] * 4)
    assert not failures(answers)
    assert len({organization.id for _person, organization in succeeded(answers)}) == 1
    assert Organization.objects.count() == 1
