from __future__ import annotations

from django.test import Client
from django.urls import reverse

from allsquare.core.models import Event
from allsquare.identity.models import Organization
from tests.web.console.world import World

URL = reverse("console:settings_organization")
GOOD = {
    "name": "Harbour & Pine",
    "country": "DE",
    "time_zone": "Europe/Berlin",
    "payment_days": "14",
    "tax_rounding": "per_line",
    "rounding": "half_up",
    "city": "Kiel",
}


def test_settings_begin_at_the_first_page(world: World, owner: Client) -> None:
    assert owner.get(reverse("console:settings"))["Location"] == URL
    page = owner.get(URL).text
    assert 'aria-current="page"' in page
    assert page.index("Organization") > 0


def test_what_is_saved_is_there_and_twice_is_once(world: World, owner: Client) -> None:
    for _ in range(2):
        assert owner.post(URL, GOOD).status_code == 302
    saved = Organization.objects.get(id=world.organization.id)
    assert (saved.name, saved.city, saved.payment_days, saved.tax_rounding) == (
        "Harbour & Pine",
        "Kiel",
        14,
        "per_line",
    )
    assert Event.objects.filter(kind="organization.changed").count() == 1
    assert "Organization changed" in owner.get(URL).text


def test_nonsense_is_told_at_its_field_and_kept(world: World, owner: Client) -> None:
    response = owner.post(
        URL, {**GOOD, "iban": "DE12", "tax_id": "DE1", "payment_days": "x", "email": "nobody"}
    )
    assert response.status_code == 422
    page = response.text
    assert 'id="id_payment_days_error"' in page
    response = owner.post(URL, {**GOOD, "iban": "DE12", "tax_id": "DE1", "email": "nobody"})
    for name in ("iban", "tax_id", "email"):
        assert f'id="id_{name}_error"' in response.text
    assert 'value="DE12"' in response.text
    assert Organization.objects.get(id=world.organization.id).name == world.organization.name


def test_the_currency_can_be_chosen_until_something_is_booked(world: World, owner: Client) -> None:
    address = reverse("console:settings_currency")
    assert owner.post(address, {"base_currency": "CHF"}).status_code == 302
    assert Organization.objects.get(id=world.organization.id).base_currency == "CHF"
    assert owner.post(address, {"base_currency": "XYZ"}).status_code == 422
    owner.post(address, {"base_currency": "EUR"})
    world.issued()
    refused = owner.post(address, {"base_currency": "USD"})
    assert refused.status_code == 422
    assert "it stays" in refused.text
    assert "Change currency" not in owner.get(URL).text
