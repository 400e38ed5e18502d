"""Payment providers, numbering and tax rates at the console."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.payments.models import GatewayAccount
from allsquare.tax.models import TaxRate
from tests.sandbox_process import SandboxAccount
from tests.web.console.world import World

NEW = reverse("console:gateway_new") + "?gateway=sandbox"


def test_a_provider_is_added_tested_and_switched_off(
    world: World, owner: Client, sandbox: SandboxAccount
) -> None:
    form = {"label": "Shop", **sandbox.settings}
    assert 'type="password"' in owner.get(NEW).text
    for _ in range(2):
        made = owner.post(NEW, form)
        assert made.status_code == 302
    account = GatewayAccount.objects.get(organization=world.organization, gateway="sandbox")
    page = owner.get(made["Location"]).text
    assert f"{settings.BASE_URL}/hooks/sandbox/{account.id}/" in page
    assert sandbox.settings["api_key"] not in page
    assert sandbox.settings["webhook_secret"] not in page
    checked = owner.post(reverse("console:gateway_check", args=[account.id]), follow=True)
    assert "The connection does not work." in checked.text
    switch = reverse("console:gateway_switch", args=[account.id])
    for _ in range(2):
        assert "nobody can start a payment" in owner.post(switch, {"to": "off"}, follow=True).text
    assert not GatewayAccount.objects.get(id=account.id).enabled


def test_what_stripe_takes_no_transfers_in_is_told_beside_a_name_that_is_missing(
    world: World, owner: Client
) -> None:
    """And a change tells it in one round too, with the secret key that is stored."""
    new = reverse("console:gateway_new") + "?gateway=stripe"
    typed = {"label": "", "api_key": "", "transfer_currencies": "EUR, CHF", "transfer_country": "AT"}
    response = owner.post(new, typed)
    assert response.status_code == 422
    for name in typed:
        assert f'id="id_{name}_error"' in response.text, name
    assert "Take away: CHF" in response.text
    made = owner.post(new, {"label": "Stripe", "api_key": "sk_test_1", "methods": ["card"]})
    changed = owner.post(made["Location"], {**typed, "methods": []})
    assert changed.status_code == 422
    for name in ("label", "transfer_currencies", "transfer_country", "methods"):
        assert f'id="id_{name}_error"' in changed.text, name
    assert 'id="id_api_key_error"' not in changed.text, "the stored one is good"


def test_a_provider_with_nonsense_is_told_at_the_fields(world: World, owner: Client) -> None:
    response = owner.post(
        NEW, {"label": "", "base_url": "ftp//", "api_key": "schlüssel", "webhook_secret": "x"}
    )
    assert response.status_code == 422
    for name in ("label", "base_url", "api_key", "webhook_secret"):
        assert f'id="id_{name}_error"' in response.text, name
    assert 'id="id_api_key_error"' in response.text
    assert not GatewayAccount.objects.filter(gateway="sandbox").exists()


def test_where_the_card_is_entered_is_chosen_and_its_key_is_asked_for(world: World, owner: Client) -> None:
    new = reverse("console:gateway_new") + "?gateway=stripe"
    page = owner.get(new).text
    assert '<option value="hosted">On Stripe&#x27;s page</option>' in page
    given = {"label": "Cards", "api_key": "sk_test_1", "entry": "embedded", "publishable_key": ""}
    refused = owner.post(new, given)
    assert refused.status_code == 422
    assert 'id="id_publishable_key_error"' in refused.text
    assert '<option value="embedded" selected>' in refused.text
    assert (
        "One of the two keys is for tests" in owner.post(new, {**given, "publishable_key": "pk_live_1"}).text
    )
    assert owner.post(new, {**given, "entry": "elsewhere"}).status_code == 422
    made = owner.post(new, {**given, "publishable_key": "pk_test_1"})
    page = owner.get(made["Location"]).text
    assert '<option value="embedded" selected>' in page
    assert 'value="pk_test_1"' in page
    assert "sk_test_1" not in page


def test_an_unknown_provider_leads_back_to_the_list(world: World, owner: Client) -> None:
    response = owner.get(reverse("console:gateway_new") + "?gateway=nobody")
    assert response["Location"] == reverse("console:gateway_list")


def test_money_by_hand_is_offered_once(world: World, owner: Client) -> None:
    page = owner.get(reverse("console:gateway_list")).text
    assert "?gateway=sandbox" in page
    assert "?gateway=offline" not in page


def test_the_next_number_is_shown_before_and_after_saving(world: World, owner: Client) -> None:
    address, given = (
        reverse("console:settings_numbering"),
        {"begins_with": "R-", "width": "3", "next_number": "41"},
    )
    assert "R-041" in owner.post(reverse("console:numbering_preview"), given).text
    assert "R-041" in owner.post(address, given, follow=True).text
    assert world.issued().number == "R-041"
    page = owner.get(address).text
    assert "R-042" in page
    assert page.count('name="next_number"') == 1  # of credit notes, none of which is issued yet
    refused = owner.post(address, {"begins_with": "2026", "width": "3"})
    assert refused.status_code == 422
    assert 'id="id_begins_with_error"' in refused.text


def test_credit_notes_are_numbered_beside_it(world: World, owner: Client) -> None:
    address = reverse("console:settings_numbering")
    given = {"kind": "credit_note", "begins_with": "K-", "width": "3", "next_number": "8"}
    assert "K-008" in owner.post(reverse("console:numbering_preview"), given).text
    assert "The next credit note will be K-008." in owner.post(address, given, follow=True).text
    assert world.credit_note().number == "K-008"
    assert world.issued().number == "INV-00002"
    refused = owner.post(address, {**given, "begins_with": "INV-"})
    assert refused.status_code == 422
    assert "must not begin alike" in refused.text


def test_usual_tax_rates_are_one_press_away(world: World, owner: Client) -> None:
    address = reverse("console:tax_rate_list")
    assert "7%" in owner.get(address).text.replace("\u00a0", "")
    assert "2 rates are added." in owner.post(reverse("console:tax_rates_usual"), follow=True).text
    assert "there already" in owner.post(reverse("console:tax_rates_usual"), follow=True).text


def test_a_tax_rate_is_added_once_and_ended(world: World, owner: Client) -> None:
    today = clock.today(world.organization)
    form = {
        "name": "Reduced",
        "country": "DE",
        "category": "S",
        "percent": "7",
        "valid_from": today.isoformat(),
    }
    address = reverse("console:tax_rate_new")
    assert owner.post(address, form).status_code == 302
    again = owner.post(address, form)
    assert again.status_code == 422
    assert 'id="id_valid_from_error"' in again.text
    rate = TaxRate.objects.get(organization=world.organization, name="Reduced")
    end = reverse("console:tax_rate_end", args=[rate.id])
    before = (today - timedelta(days=1)).isoformat()
    assert 'id="id_valid_until_error"' in owner.post(end, {"valid_until": before}).text
    assert owner.post(end, {"valid_until": today.isoformat()}).status_code == 302
    assert TaxRate.objects.get(id=rate.id).valid_until == today


def test_a_rate_of_zero_is_told_to_be_of_another_kind(world: World, owner: Client) -> None:
    form = {"name": "None", "country": "DE", "category": "S", "percent": "0", "valid_from": "2026-01-01"}
    response = owner.post(reverse("console:tax_rate_new"), form)
    assert 'id="id_percent_error"' in response.text
