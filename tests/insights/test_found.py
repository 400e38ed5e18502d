"""The journal and the log are searched by what they tell of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.listing import list_spec, read_page, read_query
from allsquare.core.money import Money
from allsquare.insights import finding
from allsquare.ledger.models import Account, JournalEntry
from allsquare.ledger.services.post_manual import ManualLine, post_manual
from allsquare.payments.gateway import MethodKind
from tests.factories import make_customer, make_organization
from tests.payments.several import begin, together
from tests.web.console.world import World


@pytest.fixture(params=[2_000, 0], ids=["named", "walked"])
def world(request: pytest.FixtureRequest, db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """Few are named one by one, many are walked to: both must find the same."""
    monkeypatch.setattr(finding, "MANY", request.param)
    return World()


def rows(world: World, name: str, text: str) -> list[object]:
    query = read_query(list_spec(name), world.organization, {"q": [text]})
    return [row.item for row in read_page(world.organization, query).rows]


def entries(world: World, text: str) -> set[str]:
    return {entry.kind for entry in rows(world, "journal", text)}  # type: ignore[attr-defined]  # an entry


def told(world: World, text: str) -> set[str]:
    return {event.kind for event in rows(world, "events", text)}  # type: ignore[attr-defined]  # an event


def by_hand(world: World, memo: str, amount: str) -> object:
    bank, capital = Account.objects.filter(organization=world.organization, code__in=("1000", "3000"))
    money = Money.parse(amount, currency("EUR"))
    return post_manual(
        organization=world.organization,
        on=clock.today(world.organization),
        memo=memo,
        lines=[ManualLine(bank.id, money), ManualLine(capital.id, -money)],
        key=memo,
        actor=SYSTEM,
    )


def test_an_entry_is_found_by_document_customer_memo_amount_and_id(world: World) -> None:
    invoice, other = (
        world.issued(),
        world.issued(customer=make_customer(world.organization, name="Zoe Zabel")),
    )
    world.paid(invoice)
    note = world.credit_note(other)
    by_hand(world, "Opening balances of the till", "1234.50")
    assert {"invoice.issued", "payment.settled"} <= entries(world, str(invoice.number))
    assert entries(world, "zabel") == {"invoice.issued", "credit_note.issued"}
    assert "credit_note.issued" in entries(world, note.number)
    assert entries(world, "opening till") == {"manual"}
    assert entries(world, "1234.50") == entries(world, "1234,5") == {"manual"}
    assert {"invoice.issued", "payment.settled"} <= entries(world, "119")
    one = JournalEntry.objects.filter(organization=world.organization, kind="manual").get()
    assert entries(world, str(one.id)) == {"manual"}
    assert entries(world, "nothing like this") == entries(world, "***") == set()


def test_an_event_is_found_by_what_it_tells_of_who_did_it_and_its_kind(world: World) -> None:
    invoice, item = world.issued(), world.item(name="Walnut desk")
    payment = world.paid(invoice)
    owner = world.client()
    owner.post("/customers/new/", {"name": "Zoe Zabel", "country": "DE", "language": "en", "currency": "EUR"})
    assert {"invoice.issued", "payment.succeeded"} <= told(world, str(invoice.number))
    assert told(world, "walnut") == {"item.created"}
    assert told(world, "zabel") == {"customer.created"}
    assert told(world, "noor owner") == {"customer.created"}
    assert told(world, "item.created") == {"item.created"}
    assert "invoice.issued" in told(world, "issued")
    assert "payment.succeeded" in told(world, str(payment.id))
    assert told(world, str(item.id)) == {"item.created"}
    assert told(world, "nothing like this") == told(world, "***") == set()


def test_a_payment_for_several_invoices_is_found_by_each(world: World) -> None:
    invoices = [world.issued(), world.issued()]
    asked = together(world.customer, world.account, invoices, method=MethodKind.BANK_TRANSFER)
    begin(asked, world.customer)
    for invoice in invoices:
        assert {"payment.started", "payment.succeeded"} <= told(world, str(invoice.number))


def test_nothing_of_another_organization_is_found(world: World) -> None:
    foreign = World(make_organization(name="Somebody Else"))
    theirs = foreign.issued(customer=make_customer(foreign.organization, name="Zoe Zabel"))
    entry = JournalEntry.objects.filter(organization=foreign.organization).first()
    assert entry is not None
    for text in ("zabel", str(theirs.id), str(entry.id)):
        assert not rows(world, "journal", text)
        assert not rows(world, "events", text)


def test_entries_are_sorted_by_when_they_were_posted(world: World) -> None:
    today = clock.today(world.organization)
    world.issued(on=today)
    late = world.issued(on=today - timedelta(days=40))
    for text, first in (("-posted", late.id), ("-date", None)):
        query = read_query(list_spec("journal"), world.organization, {"sort": [text]})
        page = read_page(world.organization, query, limit=1)
        assert (page.rows[0].item.source_id == late.id) is (first is not None)
        assert page.next is not None
        onward = read_query(
            list_spec("journal"), world.organization, {"sort": [text], "after": [str(page.next)]}
        )
        assert len(read_page(world.organization, onward).rows) == 1
