"""Pickers search the server, show few, and enter what is not there yet: once."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.catalog.models import Item
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.customers.services.archive_customer import archive_customer
from tests.factories import make_customer, make_organization
from tests.web.console.world import World

JSON = {"accept": "application/json"}


def ask(client: Client, name: str, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(reverse(f"console:{name}"), query, headers=JSON).json()
    return answer


def enter(client: Client, where: str, /, **typed: str) -> tuple[int, dict[str, Any]]:
    response = client.post(reverse(f"console:{where}"), typed, headers=JSON)
    return response.status_code, json.loads(response.content)


def labels(answer: dict[str, Any]) -> list[str]:
    return [option["label"] for option in answer["options"]]


def test_few_are_shown_and_another_letter_finds_the_rest(world: World, owner: Client) -> None:
    for number in range(30):
        make_customer(world.organization, name=f"Harbour {number:02}", email=f"h{number}@example.com")
    many = ask(owner, "customer_pick", q="harb")
    assert len(many["options"]) == 12
    assert many["more"] is True
    one = ask(owner, "customer_pick", q="harbour 17")
    assert (labels(one), one["more"]) == (["Harbour 17"], False)
    assert one["options"][0]["hint"] == "h17@example.com"
    assert labels(ask(owner, "customer_pick", q="h17@example")) == ["Harbour 17"]
    assert labels(ask(owner, "customer_pick", q="x" * 5000)) == []


def test_who_looks_back_finds_archived_customers_and_who_writes_an_invoice_does_not(
    world: World, owner: Client
) -> None:
    archive_customer(organization=world.organization, customer_id=world.customer.id, actor=SYSTEM)
    assert labels(ask(owner, "customer_pick", q="Grace")) == []
    page = owner.get(reverse("console:invoice_list")).text
    search = re.search(r'data-search="([^"]+)"', page)
    assert search
    (option,) = owner.get(f"{search[1]}&q=Grace", headers=JSON).json()["options"]
    assert option["label"] == "Grace Buyer"
    assert option["hint"].endswith(" · archived")


def test_nothing_of_another_organization_is_found(world: World, owner: Client) -> None:
    foreign = World(make_organization(name="Somebody Else"))
    foreign.item(name="Their secret")
    assert labels(ask(owner, "item_pick", q="secret")) == []
    assert labels(ask(owner, "customer_pick", q="Grace")) == ["Grace Buyer"]


def test_an_item_brings_what_it_fills_its_line_with(world: World, owner: Client) -> None:
    item = world.item(name="Consulting", price="80.00", unit="HUR", description="An hour of advice")
    (option,) = ask(owner, "item_pick", q="consult")["options"]
    assert option["value"] == str(item.id)
    assert option["fill"] == {
        "description": "An hour of advice",
        "unit": "HUR",
        "unit_price": "80.00",
        "tax_category": "S",
    }


@pytest.mark.parametrize("by", ["currency", "customer"])
def test_a_price_in_another_currency_is_not_taken_for_one_in_this(
    world: World, owner: Client, by: str
) -> None:
    world.item(name="Consulting")
    dollars = make_customer(world.organization, name="Overseas", currency="USD")
    query = {"currency": "USD"} if by == "currency" else {"currency": "", "customer": str(dollars.id)}
    (option,) = ask(owner, "item_pick", q="consult", **query)["options"]
    assert option["fill"]["unit_price"] == ""
    assert "EUR" in option["hint"]


def test_a_customer_is_entered_in_place_once(world: World, owner: Client) -> None:
    typed = {"name": "New & Co", "email": "new@example.com", "country": "DE", "key": "dialog-1"}
    first, second = enter(owner, "customer_quick", **typed), enter(owner, "customer_quick", **typed)
    made = Customer.objects.get(organization=world.organization, name="New & Co")
    assert first[0] == second[0] == 201
    assert first[1]["option"] == second[1]["option"]
    assert first[1]["option"]["value"] == str(made.id)
    assert (made.email, made.currency, made.language) == ("new@example.com", "EUR", "en")
    status, answer = enter(owner, "customer_quick", **{**typed, "name": "Another"})
    assert status == 422
    assert "sent before with other entries" in answer["message"]


def test_an_item_is_entered_in_place_once(world: World, owner: Client) -> None:
    typed = {
        "name": "Review",
        "unit_price": "120.50",
        "unit": "HUR",
        "tax_category": "S",
        "key": "dialog-1",
    }
    answers = [enter(owner, "item_quick", **typed) for _ in range(2)]
    made = Item.objects.get(organization=world.organization)
    assert [status for status, _answer in answers] == [201, 201]
    assert answers[0][1]["option"]["fill"]["unit_price"] == "120.50"
    assert {answer["option"]["value"] for _status, answer in answers} == {str(made.id)}


@pytest.mark.parametrize(
    ("name", "typed", "wrong"),
    [
        ("customer_quick", {"name": "", "email": "x@", "country": "ZZ"}, {"name", "email", "country"}),
        ("customer_quick", {"name": "x" * 5000, "country": "DE"}, {"name"}),
        ("item_quick", {"name": "", "unit_price": "1e30"}, {"name", "unit_price", "unit", "tax_category"}),
        (
            "item_quick",
            {"name": "A", "unit_price": "NaN", "unit": "C62", "tax_category": "S"},
            {"unit_price"},
        ),
        (
            "item_quick",
            {"name": "A", "unit_price": "12,50", "unit": "<b>", "tax_category": "X"},
            {"unit_price", "unit", "tax_category"},
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_entered(
    world: World, owner: Client, name: str, typed: dict[str, str], wrong: set[str]
) -> None:
    status, answer = enter(owner, name, **typed, key="dialog-1")
    assert status == 422
    assert set(answer["errors"]) == wrong
    assert answer["message"]
    assert Customer.objects.filter(organization=world.organization).count() == 1
    assert not Item.objects.filter(organization=world.organization).exists()


def test_a_dialog_without_its_key_says_so_at_the_top(world: World, owner: Client) -> None:
    status, answer = enter(owner, "customer_quick", name="A", country="DE")
    assert (status, answer["errors"]) == (422, {})
    assert Customer.objects.filter(organization=world.organization).count() == 1
