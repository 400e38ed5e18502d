"""Checks of the books: one at a time, nightly, own findings only, and a task where something is broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from allsquare.core.actor import SYSTEM, Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.roles import Role
from allsquare.insights import selectors as insights
from allsquare.insights.models import BooksCheck, BooksFinding
from allsquare.insights.plan import is_due
from allsquare.insights.proofs import BY_NAME, PROOFS
from allsquare.insights.services.run_check import run_check
from allsquare.insights.services.start_check import start_check
from allsquare.insights.services.start_nightly_check import start_nightly_check
from allsquare.payments.attention import PROMISE_BROKEN
from allsquare.payments.selectors import open_task
from tests.factories import make_organization
from tests.web.console.world import World

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, True),
        (NOON - timedelta(hours=9), False),  # three o'clock this night
        (NOON - timedelta(hours=11), True),  # one o'clock: before it
        (NOON - timedelta(days=3), True),
    ],
)
def test_each_night_once_and_what_was_missed_is_caught_up(last: datetime | None, due: bool) -> None:
    assert is_due(last=last, now=NOON) is due


def test_one_is_under_way_at_a_time(world: World) -> None:
    first = start_check(organization=world.organization, actor=SYSTEM)
    assert start_check(organization=world.organization, actor=SYSTEM).id == first.id
    assert Event.objects.filter(kind="books.check_started").count() == 1
    run_check(check_id=first.id)
    assert start_check(organization=world.organization, actor=SYSTEM).id != first.id


def test_the_night_asks_once(world: World) -> None:
    assert (start_nightly_check(), start_nightly_check()) == (1, 0)


def test_a_viewer_may_not_ask(world: World) -> None:
    viewer = Actor(
        ActorKind.PERSON, id="1", label="Vera", organization_id=world.organization.id, role=Role.VIEWER
    )
    with pytest.raises(PermissionDenied):
        start_check(organization=world.organization, actor=viewer)


def _broken(world: World) -> None:
    """One invoice of this organization says that a cent more of it is paid."""
    invoice = world.issued()
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invoice SET paid_minor = 1 WHERE id = %s", [invoice.id])


def _check(world: World) -> BooksCheck:
    check = start_check(organization=world.organization, actor=SYSTEM)
    run_check(check_id=check.id)
    check.refresh_from_db()
    return check


def test_each_organization_sees_its_own(world: World) -> None:
    other = World(make_organization(name="Somebody Else"))
    _broken(world)
    check = _check(world)
    assert (check.state, check.proofs_done, check.proofs_all) == ("done", len(PROOFS), len(PROOFS))
    mine, theirs = (insights.last_check(each.organization, installation=False) for each in (world, other))
    assert mine
    assert theirs
    assert (mine.broken, theirs.broken, len(theirs.answers)) == (1, 0, len(PROOFS))
    paid = BY_NAME["invoice_paid"]
    (found,) = insights.findings_of(world.organization, check, paid, installation=False)
    assert "€0.01" in paid.text(found.facts)
    assert insights.findings_of(other.organization, check, paid, installation=False) == []


def test_a_broken_promise_is_one_task_until_it_holds_again(world: World) -> None:
    _broken(world)
    _check(world)
    _check(world)
    task = open_task(world.organization, PROMISE_BROKEN)
    assert task
    assert "does not add up" in task.text
    assert Event.objects.filter(kind="attention.raised").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invoice SET paid_minor = 0")
    _check(world)
    assert open_task(world.organization, PROMISE_BROKEN) is None


def test_a_check_that_ended_is_not_run_again(world: World) -> None:
    check = _check(world)
    _broken(world)
    run_check(check_id=check.id)
    assert not BooksFinding.objects.filter(check_of=check).exists()


def test_only_who_runs_every_organization_sees_what_concerns_the_installation(world: World) -> None:
    owner = world.member()
    assert insights.may_see_installation(world.organization, owner.id)
    assert not insights.may_see_installation(world.organization, world.member(Role.ACCOUNTANT).id)
    make_organization(name="Somebody Else")
    assert not insights.may_see_installation(world.organization, owner.id)


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_leads_to_the_document(world: World, language: str) -> None:
    client = world.client()
    client.cookies["allsquare_language"] = language
    assert client.get("/books/check/").status_code == 200
    _broken(world)
    check = _check(world)
    page = client.get("/books/check/").content.decode()
    assert "?proof=invoice_paid" in page
    found = client.get("/books/check/?proof=invoice_paid").content.decode()
    (finding,) = BooksFinding.objects.filter(check_of=check)
    assert f'href="/invoices/{finding.subject}/"' in found
    assert client.get("/books/check/?proof=no-such").status_code == 404
