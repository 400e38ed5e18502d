"""The editor's pages ask the database as little however many customers, items and lines there are."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.lines import LineInput
from allsquare.billing.services.create_draft import create_draft
from allsquare.catalog.models import Item
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.customers.models import Customer
from tests.statements import statements_sent
from tests.web.console.world import World, editor_data

#: Of every page, as the figures of the project ask.
MOST = 15
MANY = 3000


def stock(world: World) -> None:
    """More customers and items than any list could hold."""
    at = clock.now(world.organization)
    Customer.objects.bulk_create(
        Customer(
            organization=world.organization,
            name=f"Customer {number}",
            country="DE",
            language="en",
            currency="EUR",
            created_at=at,
        )
        for number in range(MANY)
    )
    Item.objects.bulk_create(
        Item(
            organization=world.organization,
            id=new_id(),
            name=f"Item {number}",
            unit_price=Decimal(1),
            currency="EUR",
            created_at=at,
        )
        for number in range(MANY)
    )


Ask = Callable[[World, Client], object]


def long_draft(world: World) -> str:
    items = list(Item.objects.filter(organization=world.organization)[:40])
    lines = [
        LineInput(description="Work", quantity=Decimal(1), unit_price=Decimal(1), item_id=item.id)
        for item in items
    ]
    lines += [LineInput(description="Work", quantity=Decimal(1), unit_price=Decimal(1))] * 3
    made = create_draft(
        organization=world.organization, customer_id=world.customer.id, lines=lines, actor=SYSTEM
    )
    return str(made.id)


def edit(world: World, owner: Client) -> object:
    return reverse("console:invoice_edit", args=[long_draft(world)])


PAGES: dict[str, Callable[[World], str]] = {
    "new": lambda world: reverse("console:invoice_new"),
    "new for one": lambda world: reverse("console:invoice_new") + f"?customer={world.customer.id}",
    "edit": lambda world: reverse("console:invoice_edit", args=[long_draft(world)]),
    "review": lambda world: reverse("console:invoice_issue", args=[long_draft(world)]),
    "draft": lambda world: reverse("console:invoice", args=[long_draft(world)]),
    "issued": lambda world: reverse("console:invoice", args=[world.issued().id]),
    "pick a customer": lambda world: reverse("console:customer_pick") + "?q=customer 29",
    "pick an item": lambda world: reverse("console:item_pick") + f"?q=item&customer={world.customer.id}",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_little_and_no_more_with_thousands(name: str, world: World, owner: Client) -> None:
    counts = []
    for _ in range(2):
        url = PAGES[name](world)
        owner.get(url)  # what a process asks once
        with statements_sent() as sent:
            assert owner.get(url).status_code == 200
        counts.append(sent.call_count)
        stock(world)
    assert counts[1] <= MOST
    # A draft of the second round has items on its lines, which are fetched together.
    assert counts[1] - counts[0] <= 2


@pytest.mark.parametrize("where", ["totals", "autosave"])
def test_what_a_page_asks_while_somebody_types_is_little_too(where: str, world: World, owner: Client) -> None:
    item = world.item()
    row = {"description": "Work", "unit_price": "10", "item": str(item.id)}
    data = editor_data(world.customer.id, *[row] * 20, key="editor-1")
    url = reverse(f"console:invoice_{where}")
    owner.post(url, data, headers={"accept": "application/json"})
    with statements_sent() as sent:
        assert owner.post(url, data, headers={"accept": "application/json"}).status_code == 200
    # A saving locks, writes two kinds of rows anew and tells of it.
    assert sent.call_count <= (MOST if where == "totals" else 40)


def test_a_page_of_the_editor_holds_few_customers_and_items(world: World, owner: Client) -> None:
    stock(world)
    text = owner.get(reverse("console:invoice_new")).content.decode()
    assert text.count("Customer 1") < 30
    assert len(text) < 150_000
