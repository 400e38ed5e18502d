"""Live streams: who may listen, to what, how many, and for how long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.core import tail
from allsquare.core.ids import new_id
from allsquare.identity.models import Membership, Person
from allsquare.identity.permissions import ROLE_PERMISSIONS
from allsquare.identity.roles import Role
from allsquare.web.console.live import hub, stream
from allsquare.web.console.live.hub import HUB, PER_PERSON
from allsquare.web.console.live.rights import Listener
from allsquare.web.console.live.stream import ThreadStream
from tests.core.makers import other_connection, tell, write_event
from tests.factories import make_organization
from tests.web.console.world import World

pytestmark = pytest.mark.django_db(transaction=True)

Message = tuple[str, dict[str, Any], str]


@pytest.fixture(autouse=True)
def _quiet_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stream, "BEAT", 0.4)
    monkeypatch.setattr(hub, "RECHECK", 0.3)
    yield
    HUB.stop()
    assert len(HUB) == 0


def read(raw: bytes) -> Message:
    """Name, data and place of one message."""
    fields = dict(line.split(": ", 1) for line in raw.decode().strip().splitlines())
    return fields["event"], json.loads(fields["data"]), fields.get("id", "")


class Page:
    """An open page of one member."""

    def __init__(self, world: World, role: Role = Role.OWNER, since: str | None = None) -> None:
        self.person = world.member(role)
        self.client = Client()
        self.client.force_login(self.person)
        self.stream = self.another(world, since)

    def another(self, world: World, since: str | None = None) -> ThreadStream:
        role = Membership.objects.get(organization=world.organization, person=self.person).role
        key = self.client.session.session_key
        assert key
        who = Listener(self.person.id, world.organization.id, key)
        return ThreadStream(who, ROLE_PERMISSIONS[Role(role)], tail.here() if since is None else since)

    def next(self) -> Message:
        return read(next(self.stream))

    def until(self, event: str, seconds: float = 30.0) -> Message:
        """The next message of that name; others are passed over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.next()
            if message[0] == event:
                return message
        raise AssertionError(f"no {event} came")


def test_the_address_streams_to_a_member_and_sends_others_away(world: World) -> None:
    client = world.client(Role.VIEWER)
    response = client.get(reverse("console:live"), {"since": tail.here()})
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    assert response["Cache-Control"] == "no-store"
    messages = iter(response.streaming_content)  # type: ignore[attr-defined]  # a streaming response
    event, data, place = read(next(messages))
    assert (event, data["organization"]) == ("hello", str(world.organization.id))
    tell(world.organization.id, "payment.succeeded", wait=False)
    assert read(next(messages))[1]["topics"] == ["payments"]
    response.close()
    assert place
    assert len(HUB) == 0
    nobody = Client().get(reverse("console:live"))
    assert nobody.status_code == 302
    htmx = Client().get(reverse("console:live_news"), headers={"HX-Request": "true"})
    assert htmx.status_code == 401


def test_news_arrives_within_a_second(world: World) -> None:
    """A busy machine may hold up any of them, and not all."""
    page = Page(world)
    assert page.next()[0] == "hello"
    took: list[float] = []
    while len(took) < 10 and not any(seconds < 1.0 for seconds in took):
        began = time.monotonic()
        tell(world.organization.id, "payment.succeeded", wait=False)
        _, data, _ = page.until("news")
        took.append(time.monotonic() - began)
        assert data["topics"] == ["payments"]
        assert len(data["subjects"]) == 1
        UUID(data["subjects"][0])
    assert min(took) < 1.0


def test_another_organization_hears_nothing(world: World) -> None:
    page, stranger = Page(world), Page(World(make_organization(name="Somebody Else")))
    assert (page.next()[0], stranger.next()[0]) == ("hello", "hello")
    with transaction.atomic():  # one commit, which no look at the log can divide
        tell(world.organization.id, "payment.succeeded", "invoice.paid", wait=False)
    assert page.until("news")[1]["topics"] == ["invoices", "payments"]
    for _ in range(3):
        event, data, _ = stranger.next()
        assert (event, data) == ("beat", {})


def test_a_transaction_that_commits_late_is_not_skipped(world: World) -> None:
    page = Page(world)
    page.next()
    with other_connection() as slow:
        write_event(slow, world.organization.id, "payment.succeeded")
        tell(world.organization.id, "invoice.viewed", wait=False)
        assert page.until("news")[1]["topics"] == ["invoices"]  # nobody waits for the slow one
        page.until("beat")  # the poller has gone past its number
        slow.commit()
        assert page.until("news")[1]["topics"] == ["payments"]


def test_what_was_missed_comes_with_the_first_message(world: World) -> None:
    made = tail.here()
    tell(world.organization.id, "mail.failed", wait=False)
    page = Page(world, since=made)
    event, data, place = page.next()
    assert (event, data["topics"], data["everything"]) == ("hello", ["mails"], False)
    page.stream.close()
    tell(world.organization.id, "payment.succeeded", wait=False)
    headers = {"Last-Event-ID": place}
    response = page.client.get(reverse("console:live"), {"since": made}, headers=headers)
    again = read(next(iter(response.streaming_content)))  # type: ignore[attr-defined]  # a streaming response
    response.close()
    assert again[1]["topics"] == ["payments"]  # the header is newer than the address


def test_a_page_that_does_not_say_when_it_was_made_asks_for_everything(world: World) -> None:
    assert Page(world, since="").next()[1]["everything"]
    assert Page(world, since="nonsense").next()[1]["everything"]


def test_a_role_hears_only_of_what_it_may_see(world: World) -> None:
    accountant, clerk = Page(world, Role.ACCOUNTANT), Page(world, Role.BILLING_CLERK)
    accountant.next()
    clerk.next()
    tell(world.organization.id, "journal.posted", "gateway_account.added", wait=False)
    assert accountant.until("news")[1]["topics"] == ["books"]
    tell(world.organization.id, "job.failed", wait=False)
    assert accountant.until("news")[1]["topics"] == ["tasks"]
    assert clerk.until("news")[1]["topics"] == ["tasks"]


@pytest.mark.parametrize("how", ["signed out", "password changed", "removed", "deactivated", "elsewhere"])
def test_the_stream_ends_when_the_right_to_it_does(world: World, how: str) -> None:
    page, other = Page(world), Page(world)
    page.next()
    other.next()
    if how == "signed out":
        page.client.logout()
    elif how == "password changed":
        page.person.set_password("another one 4711")
        page.person.save()
    elif how == "removed":
        Membership.objects.filter(organization=world.organization, person=page.person).delete()
    elif how == "deactivated":
        Person.objects.filter(id=page.person.id).update(is_active=False)
    else:
        session = page.client.session
        session["organization"] = str(new_id())
        session.save()
    event, data, _ = page.until("end")
    assert (event, data) == ("end", {"why": "signed_out"})
    with pytest.raises(StopIteration):
        next(page.stream)
    assert other.until("beat")  # the others stay
    assert len(HUB) == 1


def test_an_expired_session_is_none(world: World) -> None:
    page = Page(world)
    page.next()
    session = Session.objects.get(session_key=page.client.session.session_key)
    session.expire_date = session.expire_date.replace(year=2001)
    session.save()
    assert page.until("end")[1] == {"why": "signed_out"}


def test_an_event_about_people_makes_it_ask_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "RECHECK", 3600.0)
    page = Page(world)
    page.next()
    Membership.objects.filter(organization=world.organization, person=page.person).delete()
    tell(world.organization.id, "member.removed", wait=False)
    assert page.until("end")[1] == {"why": "signed_out"}


def test_there_is_a_bound_on_streams_and_on_those_of_one_person(world: World, settings: Settings) -> None:
    settings.ALLSQUARE_LIVE_STREAMS = PER_PERSON + 1
    page = Page(world)
    page.next()
    more = [page.another(world) for _ in range(PER_PERSON)]
    for each in more:
        assert read(next(each))[0] == "hello"
    assert page.until("end")[1] == {"why": "replaced"}  # the oldest made room
    assert len(HUB) == PER_PERSON
    colleague, late = Page(world), Page(world)
    assert colleague.next()[0] == "hello"
    assert late.next()[:2] == ("end", {"why": "full"})
    colleague.stream.close()
    assert Page(world).next()[0] == "hello"  # its place is free again


def test_no_stream_keeps_a_connection_to_the_database(world: World) -> None:
    closed: list[str] = []
    page = Page(world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "connection", _Connection(closed))
        page.next()
    assert closed == ["closed"]


class _Connection:
    """Outside a transaction, as in a server's thread."""

    in_atomic_block = False

    def __init__(self, closed: list[str]) -> None:
        self.close = lambda: closed.append("closed")


def test_the_poller_ends_with_its_last_page_and_begins_with_the_next(world: World) -> None:
    page = Page(world)
    page.next()
    page.stream.close()
    deadline = time.monotonic() + 30
    while HUB._thread is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    again = Page(world)
    again.next()
    tell(world.organization.id, "payment.succeeded", wait=False)
    assert again.until("news")[1]["topics"] == ["payments"]


def test_when_the_database_is_lost_every_page_is_told_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page(world)
    page.next()

    def lost(place: str) -> tail.News:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(tail, "since", lost)
    _, data, place = page.until("end")
    assert (data, bool(place)) == ({"why": "lost"}, True)


def test_a_page_without_a_stream_asks_for_the_same(world: World) -> None:
    client = world.client(Role.BILLING_CLERK)
    place = tail.here()
    tell(world.organization.id, "payment.succeeded", "journal.posted", wait=False)
    tell(make_organization(name="Somebody Else").id, "mail.failed", wait=False)
    answer = client.get(reverse("console:live_news"), {"since": place}).json()
    assert (answer["topics"], answer["everything"]) == (["payments"], False)
    assert answer["organization"] == str(world.organization.id)
    assert client.get(reverse("console:live_news"), {"since": answer["place"]}).json()["topics"] == []
    assert client.get(reverse("console:live_news")).json()["everything"]
