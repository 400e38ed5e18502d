from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.links import pay_url
from allsquare.identity.models import Membership, Organization
from allsquare.identity.roles import Role
from tests.factories import make_organization
from tests.web.console.world import World

CLOCK, REAL = reverse("console:clock_move"), reverse("console:start_real")


@pytest.fixture
def world(db: None) -> World:
    return World(make_organization(name="Harbour", rehearsal=True))


def test_every_page_says_so_here_and_for_the_payer(world: World, owner: Client) -> None:
    invoice = world.issued()
    for address in (reverse("console:home"), reverse("console:invoice", args=[invoice.id])):
        assert "Rehearsal: no real money moves." in owner.get(address).text
    link = pay_url(world.organization, invoice).split("/pay/")[1]
    assert "nobody has to pay" in Client().get(f"/pay/{link}").text
    real = World()
    assert "no real money" not in real.client().get(reverse("console:home")).text


def test_the_clock_moves_once_for_two_presses(world: World, owner: Client) -> None:
    form = {"stride": "month", "seen": "0", "back": reverse("console:invoice_list")}
    first = owner.post(CLOCK, form)
    assert first["Location"] == reverse("console:invoice_list")
    moved = Organization.objects.get(id=world.organization.id).clock_offset
    assert moved.days >= 28
    assert "was moved already" in owner.post(CLOCK, form, follow=True).text
    assert Organization.objects.get(id=world.organization.id).clock_offset == moved
    seen = f'name="seen" value="{int(moved.total_seconds())}"'
    assert seen in owner.get(reverse("console:home")).text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"stride": "year", "seen": "0"},
        {"stride": "day", "seen": "-1"},
        {"stride": "day", "seen": "9" * 40},
    ],
)
def test_nonsense_moves_nothing(world: World, owner: Client, form: dict[str, str]) -> None:
    assert owner.post(CLOCK, form).status_code == 302
    assert not Organization.objects.get(id=world.organization.id).clock_offset


def test_nobody_is_led_elsewhere(world: World, owner: Client) -> None:
    for address in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        moved = owner.post(CLOCK, {"stride": "day", "seen": "x", "back": address})
        assert moved["Location"] == reverse("console:home")


def test_an_owner_starts_for_real_and_stands_in_it(world: World, owner: Client) -> None:
    assert "its books are empty" in owner.get(REAL).text
    assert "This is Harbour for real." in owner.post(REAL, follow=True).text
    page = owner.post(REAL, follow=True).text
    assert "no real money moves" not in page
    assert Organization.objects.filter(name="Harbour", rehearsal=False).count() == 1
    assert Membership.objects.filter(organization__name="Harbour", organization__rehearsal=False).count() == 1


def test_an_administrator_is_told_whom_to_ask(world: World) -> None:
    administrator = world.client(Role.ADMINISTRATOR)
    assert "Only an owner starts for real" in administrator.post(REAL).text
    assert not Organization.objects.filter(rehearsal=False, name="Harbour").exists()


def test_first_steps_are_shown_until_they_are_put_away(world: World, owner: Client) -> None:
    home = reverse("console:home")
    invoice = world.issued()
    page = owner.get(home).text
    assert "First steps" in page
    assert pay_url(world.organization, invoice) in page
    assert "First steps" not in world.client(Role.VIEWER).get(home).text
    for _ in range(2):
        assert owner.post(reverse("console:first_steps_hide")).status_code == 302
    assert "First steps" not in owner.get(home).text
