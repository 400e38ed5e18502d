"""Payment links at the console."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.identity.roles import Role
from allsquare.selling.models import PaymentLink
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Coffee",
    "currency": "EUR",
    "tax_category": "S",
    "price": "",
    "least": "2.00",
    "suggested": "5 10 20",
    "tips": "5 10",
    "most": "3",
    "limit": "100",
    "ends_on": "2099-12-31",
}


def test_made_shown_changed_printed_and_closed() -> None:
    world = World()
    owner = world.client(Role.OWNER)
    made = owner.post(reverse("console:payment_link_new"), TYPED)
    link = PaymentLink.objects.get(organization=world.organization)
    assert made.status_code == 302
    assert made["Location"] == reverse("console:payment_link", args=[link.id])
    assert (link.price_minor, link.least_minor, link.suggested, link.tips) == (
        None,
        200,
        [500, 1000, 2000],
        [5, 10],
    )
    page = owner.get(made["Location"]).content.decode()
    assert f"/buy/{link.token}/" in page
    poster = owner.get(reverse("console:payment_link_poster", args=[link.id])).content.decode()
    assert "<svg" in poster
    assert f"/buy/{link.token}/" in poster
    owner.post(reverse("console:payment_link_edit", args=[link.id]), {**TYPED, "price": "11.90"})
    link.refresh_from_db()
    assert link.price_minor == 1190
    owner.post(reverse("console:payment_link_switch", args=[link.id]), {"sells": "no"})
    link.refresh_from_db()
    assert link.closed_at is not None
    assert (
        f"/payment-links/{link.id}/" not in owner.get(reverse("console:payment_link_list")).content.decode()
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"price": "-1"}, "price"),
        ({"price": "0"}, "price"),
        ({"price": "1.999"}, "price"),
        ({"suggested": "1 2"}, "suggested"),
        ({"suggested": "many"}, "suggested"),
        ({"tips": "ten"}, "tips"),
        ({"tips": "101"}, "tips"),
        ({"most": "0"}, "most"),
        ({"limit": "0"}, "limit"),
        ({"ends_on": "soon"}, "ends_on"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(changed: dict[str, str], field: str) -> None:
    world = World()
    page = world.client(Role.OWNER).post(reverse("console:payment_link_new"), {**TYPED, **changed})
    assert page.status_code == 422
    assert page.context["form"].errors.keys() >= {field}
    assert not PaymentLink.objects.filter(organization=world.organization).exists()


def test_a_viewer_makes_none() -> None:
    world = World()
    refused = world.client(Role.VIEWER).post(reverse("console:payment_link_new"), TYPED)
    assert refused.status_code == 403
    assert Client().get(reverse("console:payment_link_list")).status_code == 302


def test_who_saves_second_is_told_and_may_overwrite_on_purpose() -> None:
    world = World()
    owner = world.client(Role.OWNER)
    owner.post(reverse("console:payment_link_new"), TYPED)
    link = PaymentLink.objects.get(organization=world.organization)
    edit = reverse("console:payment_link_edit", args=[link.id])
    seen = owner.get(edit).context["form"]["seen"].value()
    assert owner.post(edit, {**TYPED, "seen": seen, "name": "Tea"}).status_code == 302
    late = owner.post(edit, {**TYPED, "seen": seen, "name": "Cocoa"})
    assert late.status_code == 422
    page = late.content.decode()
    assert "Somebody changed this link meanwhile." in page
    assert 'value="Cocoa"' in page, "nothing that was typed is lost"
    link.refresh_from_db()
    assert link.name == "Tea"
    again = late.context["form"]["seen"].value()
    assert f'name="seen" value="{again}"' in page
    assert owner.post(edit, {**TYPED, "seen": again, "name": "Cocoa"}).status_code == 302
    link.refresh_from_db()
    assert link.name == "Cocoa"


def test_what_could_not_be_booked_is_said_at_the_form() -> None:
    world = World()
    page = world.client(Role.OWNER).post(
        reverse("console:payment_link_new"), {**TYPED, "currency": "ISK", "suggested": "", "least": ""}
    )
    assert page.status_code == 422
    said = [sentence for sentences in page.context["form"].errors.values() for sentence in sentences]
    assert ["ISK" in sentence for sentence in said] == [True], said
    assert not PaymentLink.objects.filter(organization=world.organization).exists()
