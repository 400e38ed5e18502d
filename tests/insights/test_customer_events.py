from __future__ import annotations

import pytest

from allsquare.core.models import Event
from allsquare.insights import customer_events, event_list
from allsquare.insights.customer_events import events_around_customer
from tests.factories import make_customer, make_organization
from tests.statements import statements_sent
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = World()
    world.paid(world.issued(customer=make_customer(world.organization)))
    return world


def test_everything_around_a_customer_is_told_and_nothing_of_others(world: World) -> None:
    before = set(Event.objects.values_list("id", flat=True))
    world.note()
    world.contact()
    world.paid(world.issued(), minor=12900)
    told = events_around_customer(world.organization, world.customer.id)
    assert {event.id for event in told} == set(Event.objects.values_list("id", flat=True)) - before
    assert {event.kind for event in told} == {
        "note.added",
        "contact.added",
        "invoice.created",
        "invoice.issued",
        "payment.started",
        "payment.succeeded",
        "invoice.paid",
        "credit.added",
    }
    assert events_around_customer(make_organization(), world.customer.id) == []


def test_pages_follow_on_and_cost_one_statement_each(world: World) -> None:
    for _each in range(4):
        world.paid(world.issued())
    whole = events_around_customer(world.organization, world.customer.id, limit=1000)
    assert [event.id for event in whole] == sorted((event.id for event in whole), reverse=True)
    seen: list[Event] = []
    while True:
        with statements_sent() as sent:
            page = events_around_customer(
                world.organization, world.customer.id, before=seen[-1].id if seen else None, limit=7
            )
        if not page:
            break
        assert sent.call_count == 1
        seen += page
    assert seen == whole


def test_only_the_newest_documents_are_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = world.issued(), world.issued()
    monkeypatch.setattr(customer_events, "DOCUMENTS", 1)
    told = {event.subject_id for event in events_around_customer(world.organization, world.customer.id)}
    assert new.id in told
    assert old.id not in told


def test_the_list_of_events_says_where_older_documents_are_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (customer_events, event_list):
        monkeypatch.setattr(module, "DOCUMENTS", 2)
    (around,) = (item for item in event_list.EVENTS.filters if item.name == "customer")
    told = []
    for _each in range(3):
        world.issued()
        asked = around.read(world.organization, {"customer": [str(world.customer.id)]})
        told.append(around.told(world.organization, asked))
    assert told == ["Grace Buyer"] * 2 + ["Grace Buyer and their newest 2 invoices, payments and mails"]
    assert not customer_events.has_older_documents(make_organization(), world.customer.id)
