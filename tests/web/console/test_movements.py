"""Movements at providers, as an accountant records and finds them."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.identity.roles import Role
from allsquare.payments.gateway_abilities import ListedMovement as Listed
from allsquare.payments.gateway_abilities import MovementKind
from allsquare.payments.listed_movements import unrecorded
from allsquare.payments.models import ProviderMovement
from tests.payments.flows import balances, paid
from tests.payments.makers import a_key, empty_script, eur, scripted_account
from tests.payments.movements import moved
from tests.payments.test_listed_movements import ListingGateway
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

NEW = "console:movement_new"


@pytest.fixture(autouse=True)
def provider(settings: Settings, world: World) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()
    world.account = scripted_account(world.organization)


def typed(world: World, **more: str) -> dict[str, str]:
    return {
        "provider": str(world.account.id),
        "direction": "went",
        "amount": "25.99",
        "currency": "EUR",
        "kind": "spent",
        "moved_on": clock.today(world.organization).isoformat(),
        "memo": "Paper for the printer",
        "account": "",
        "reference": "",
        "key": a_key(),
        **more,
    }


def test_it_is_recorded_from_the_page_of_the_provider(world: World, owner: Client) -> None:
    """And the page of the money still adds up, with a line of its own."""
    paid(world.organization, world.customer, world.account)
    assert "Moved" not in owner.get(reverse("console:money")).text
    there = reverse("console:provider", args=[world.account.id])
    new = f"{reverse(NEW)}?provider={world.account.id}"
    assert new in owner.get(there).text
    assert f'value="{world.account.id}" selected' in owner.get(new).text
    done = owner.post(reverse(NEW), typed(world), follow=True)
    for words in ("The movement is booked.", "€-25.99", "went from the account there", "In the books"):
        assert words.replace("€-", "-€") in done.text or words in done.text, words
    assert balances(world.organization)["clearing"] == 10000 - 2599
    money = owner.get(reverse("console:money")).text
    assert "Moved" in money
    assert "It adds up" in money
    assert "€74.01" in money


def test_pressed_twice_it_is_one(world: World, owner: Client) -> None:
    data = typed(world)
    first, second = (owner.post(reverse(NEW), data) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert ProviderMovement.objects.filter(organization=world.organization).count() == 1


def test_what_came_is_above_zero_and_what_is_wrong_stands_at_its_field(world: World, owner: Client) -> None:
    owner.post(reverse(NEW), typed(world, direction="came", kind="bank", amount="50"))
    assert ProviderMovement.objects.get(organization=world.organization).amount_minor == 5000
    moved(world.account, eur(-100), reference="8AB1")
    for wrong, words in (
        ({"amount": "-5"}, "say which way it moved"),
        ({"amount": ""}, "required"),
        ({"currency": "XXX"}, "Select a valid choice"),
        ({"provider": a_key()}, "Select a valid choice"),
        ({"moved_on": "2100-01-01"}, "still to come"),
        ({"currency": "USD"}, "There is no exchange rate for USD"),
        ({"reference": "8AB1"}, "recorded already"),
    ):
        answer = owner.post(reverse(NEW), typed(world, **wrong))
        assert answer.status_code == 422, wrong
        assert words in answer.text, wrong
        assert "Paper for the printer" in answer.text


def test_it_is_taken_back_on_its_page(world: World, owner: Client) -> None:
    movement = moved(world.account, eur(-2599), memo="By mistake")
    here = reverse("console:movement", args=[movement.id])
    assert "Take it back" in owner.get(here).text
    for _twice in range(2):
        done = owner.post(reverse("console:movement_reverse", args=[movement.id]), follow=True)
    assert "taken back" in done.text
    assert "Take it back" not in done.text
    back = ProviderMovement.objects.get(organization=world.organization, reverses=movement)
    shown = owner.get(reverse("console:movement", args=[back.id])).text
    assert f'href="{here}"' in shown
    assert "Take it back" not in shown
    assert balances(world.organization) == {}


def test_they_are_found_by_words_state_and_provider(world: World, owner: Client) -> None:
    moved(world.account, eur(-2599), memo="Paper for the printer")
    moved(world.account, eur(-1500), "fee", memo="Fee of July", reference="TX-77")
    url = reverse("console:movement_list")

    def found(**asked: str) -> list[str]:
        page = owner.get(url, asked).text
        return [memo for memo in ("Paper for the printer", "Fee of July") if re.search(rf">\s*{memo}", page)]

    assert found() == ["Paper for the printer", "Fee of July"]
    assert found(q="paper") == found(kind="spent") == ["Paper for the printer"]
    assert found(q="tx-77") == found(kind="fee") == ["Fee of July"]
    assert found(state="recorded") == found(provider=str(world.account.id)) == found()
    assert found(state="reversed") == found(provider=a_key()) == []


def test_only_who_keeps_the_books_may(world: World, owner: Client) -> None:
    movement = moved(world.account, eur(-2599))
    clerk, accountant = world.client(Role.BILLING_CLERK), world.client(Role.ACCOUNTANT)
    there = reverse("console:provider", args=[world.account.id])
    assert "Record a movement" not in clerk.get(there).text
    assert "Record a movement" in accountant.get(there).text
    for name, ids in (("movement_list", []), ("movement_new", []), ("movement", [movement.id])):
        assert clerk.get(reverse(f"console:{name}", args=ids)).status_code == 403
        assert accountant.get(reverse(f"console:{name}", args=ids)).status_code == 200


def test_without_a_provider_there_is_nothing_to_record(world: World, owner: Client) -> None:
    world.account.delete()
    assert "No account at a provider" in owner.get(reverse(NEW)).text


def test_what_the_provider_lists_is_taken_in_by_a_press(
    world: World, owner: Client, settings: Settings
) -> None:
    there = reverse("console:provider", args=[world.account.id])
    page = reverse("console:listed_movements", args=[world.account.id])
    assert page not in owner.get(there).text
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_listed_movements.ListingGateway",
    }
    ListingGateway.listed[:] = [
        Listed(name, MovementKind.FEE, eur(-minor), clock.now(None), f"Fee {name}")
        for name, minor in (("9M1", 1500), ("9M2", 700), ("9M3", 300))
    ]
    assert page in owner.get(there).text
    assert "Nothing is missing" in owner.get(page).text
    today = clock.today(world.organization).isoformat()
    asked = owner.post(page, {"first": today, "last": today}, follow=True)
    for words in ("3 movements are new.", "Fee 9M1", "€15.00", "Take in", "Leave out"):
        assert words in asked.text
    assert owner.post(page, {"first": today, "last": "2000-01-01"}).status_code == 422
    first, second, third = unrecorded(world.organization, world.account)
    taken = owner.post(reverse("console:listed_movement_take", args=[first.id]), follow=True)
    assert "The movement is booked." in taken.text
    assert "Fee 9M1" not in taken.text
    left = owner.post(reverse("console:listed_movement_leave", args=[second.id]), follow=True)
    assert "Fee 9M2" not in left.text
    form = owner.get(f"{reverse(NEW)}?listed={third.id}").text
    for value in ("Fee 9M3", "9M3", 'value="3.00"', f'value="{today}"'):
        assert value in form
    assert balances(world.organization) == {"clearing": -1500, "gateway_fees": 1500}


def test_another_ones_list_fills_no_form(world: World, owner: Client) -> None:
    foreign = World().listed_movement()
    for name in (foreign.id, "nonsense"):
        page = owner.get(f"{reverse(NEW)}?listed={name}")
        assert page.status_code == 200
        assert "Fee of July" not in page.text
