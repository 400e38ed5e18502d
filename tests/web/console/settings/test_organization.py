from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.web.console.settings import organization
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
    "base_currency": "EUR",
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


def test_all_nonsense_is_told_at_once_at_its_field_and_kept(world: World, owner: Client) -> None:
    """What the form sees by itself, and what is told by looking closer."""
    wrong = {"iban": "DE12", "tax_id": "DE1", "email": "nobody", "bic": "?"}
    for more in ({}, {"payment_days": "x", "city": "x" * 101}, {"name": "", "bic": "B" * 12}):
        response = owner.post(URL, {**GOOD, **wrong, **more})
        assert response.status_code == 422
        for name in {**wrong, **more}:
            assert response.text.count(f'id="id_{name}_error"') == 1, name
        assert 'value="DE12"' in response.text
    assert Organization.objects.get(id=world.organization.id).name == world.organization.name


def test_the_currency_can_be_chosen_until_something_is_booked(world: World, owner: Client) -> None:
    def saved() -> Organization:
        return Organization.objects.get(id=world.organization.id)

    assert owner.post(URL, {**GOOD, "base_currency": "CHF"}).status_code == 302
    assert (saved().base_currency, saved().city) == ("CHF", "Kiel")
    refused = owner.post(URL, {**GOOD, "base_currency": "XYZ", "city": "Bremen"})
    assert refused.status_code == 422
    assert 'value="Bremen"' in refused.text
    assert saved().city == "Kiel"
    owner.post(URL, GOOD)
    world.issued()
    # From a page that was opened before: what can be saved is, and the currency stays.
    assert owner.post(URL, {**GOOD, "base_currency": "USD", "city": "Bremen"}).status_code == 302
    assert (saved().base_currency, saved().city) == ("EUR", "Bremen")
    page = owner.get(URL).text
    assert "so it stays" in page
    assert 'name="base_currency"' not in page


def test_a_booking_of_this_moment_refuses_the_currency(
    world: World, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issued()
    monkeypatch.setattr(
        organization, "is_anything_booked", lambda _organization: False
    )  # as it was a moment ago
    refused = owner.post(URL, {**GOOD, "base_currency": "USD"})
    assert refused.status_code == 422
    assert 'id="id_base_currency_error"' in refused.text
    assert Organization.objects.get(id=world.organization.id).base_currency == "EUR"


def test_it_is_said_that_invoices_and_pay_page_name_different_accounts(world: World, owner: Client) -> None:
    printed, asked = "DE02120300000000202051", "DE89370400440532013000"
    bank = add_gateway_account(
        organization=world.organization,
        gateway="bank_transfer",
        label="Savings bank",
        settings={"holder": "Harbour", "iban": asked},
        actor=SYSTEM,
    )
    at_bank = reverse("console:gateway", args=[bank.id])
    assert "Two accounts for transfers" not in owner.get(URL).text, "invoices print none"
    Organization.objects.filter(id=world.organization.id).update(iban=printed)
    for address in (URL, at_bank):
        shown = owner.get(address).text
        assert "Two accounts for transfers" in shown
        for words in ("DE02 1203 0000 0000 2020 51", "DE89 3704 0044 0532 0130 00", "Savings bank"):
            assert words in shown
    Organization.objects.filter(id=world.organization.id).update(iban=asked)
    for address in (URL, at_bank):
        assert "Two accounts for transfers" not in owner.get(address).text
