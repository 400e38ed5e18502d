"""Rules for who takes which payments, and customer groups, at the console."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.customers.models import CustomerGroup
from allsquare.payments.models import GatewayAccount, PaymentRoute
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.sandbox_process import SandboxProcess
from tests.web.console.forms_on_pages import forms_on
from tests.web.console.world import World

LIST = reverse("console:payment_route_list")
NEW = reverse("console:payment_route_new")


@pytest.fixture
def accounts(world: World, sandbox_process: SandboxProcess) -> list[GatewayAccount]:
    return [
        add_gateway_account(
            organization=world.organization,
            gateway="sandbox",
            label=label,
            settings=sandbox_process.account().settings,
            actor=SYSTEM,
        )
        for label in ("Shop", "Spare")
    ]


def test_a_rule_is_written_tried_changed_moved_and_removed(
    world: World, owner: Client, accounts: list[GatewayAccount]
) -> None:
    shop, spare = accounts
    group = world.group()
    form = {
        "method": "card",
        "group_id": str(group.id),
        "currency": "EUR",
        "least_minor": "100.50",
        "most_minor": "",
        "account_0": str(spare.id),
        "account_1": str(shop.id),
    }
    page = owner.post(NEW, form, follow=True).text
    for words in ("Card, from €100.50, customers in “Wholesale”", "Spare; if it is down: Shop"):
        assert words in page
    route = PaymentRoute.objects.get(organization=world.organization)
    assert (route.least_minor, route.accounts) == (10_050, [spare.id, shop.id])

    asked = {"method": "card", "amount": "100.50", "currency": "EUR", "group_id": str(group.id)}
    page = owner.get(LIST, asked).text
    assert "Rule 1 fits: Card, from €100.50, customers in “Wholesale”." in page
    assert page.index("<strong>Spare</strong> takes it.") < page.index("<strong>Shop</strong> stands in")
    page = owner.get(LIST, {**asked, "amount": "100.49"}).text
    assert "No rule fits" in page
    assert "<strong>Shop</strong> takes it." in page
    assert "Nobody takes it" in owner.get(LIST, {**asked, "method": "paypal"}).text

    there = reverse("console:payment_route_edit", args=[route.id])
    assert 'value="100.5"' in owner.get(there).text
    owner.post(there, {**form, "most_minor": "200", "account_1": ""})
    assert "from €100.50 up to €200.00" in owner.get(LIST).text
    assert "Spare alone" in owner.get(LIST).text
    owner.post(NEW, {"account_0": str(shop.id)})
    page = owner.get(LIST).text
    assert page.index("from €100.50") < page.index("Every payment")
    owner.post(reverse("console:payment_route_move", args=[route.id]), {"place": "1"})
    page = owner.get(LIST).text
    assert page.index("from €100.50") > page.index("Every payment")
    owner.post(reverse("console:payment_route_remove", args=[route.id]))
    assert "from €100.50" not in owner.get(LIST).text


def test_a_rule_keeps_an_account_that_is_switched_off(
    world: World, owner: Client, accounts: list[GatewayAccount]
) -> None:
    shop, spare = accounts
    owner.post(NEW, {"account_0": str(shop.id), "account_1": str(spare.id)})
    route = PaymentRoute.objects.get(organization=world.organization)
    GatewayAccount.objects.filter(organization=world.organization, id=shop.id).update(enabled=False)
    there = reverse("console:payment_route_edit", args=[route.id])
    (form,) = [each for each in forms_on(owner, there) if each.route == "console:payment_route_edit"]
    assert "Shop (switched off)" in owner.get(there).text
    assert "Shop" not in owner.get(NEW).text, "nobody else gets it"
    assert owner.post(there, form.filled(method="card", currency="", group_id="")).status_code == 302
    route.refresh_from_db()
    assert (route.method, route.accounts) == ("card", [shop.id, spare.id])


def test_a_rule_that_is_sent_twice_is_one(
    world: World, owner: Client, accounts: list[GatewayAccount]
) -> None:
    shop, spare = (str(each.id) for each in accounts)
    for form in ({"account_0": shop}, {"account_0": shop}, {"account_0": shop, "account_1": spare}):
        assert owner.post(NEW, form).status_code == 302
    assert PaymentRoute.objects.filter(organization=world.organization).count() == 2


def test_a_rule_whose_accounts_are_gone_says_so(world: World, owner: Client) -> None:
    route = world.route()
    PaymentRoute.objects.filter(organization=world.organization, id=route.id).update(accounts=[new_id()])
    page = owner.get(LIST).text
    assert "nobody who is there any more" in page
    assert " alone" not in page


def test_what_is_wrong_is_said_at_its_field(owner: Client, accounts: list[GatewayAccount]) -> None:
    shop = str(accounts[0].id)
    for form, field in (
        ({"account_0": ""}, "account_0"),
        ({"account_0": shop, "account_1": shop}, "account_0"),
        ({"account_0": shop, "least_minor": "1"}, "currency"),
        ({"account_0": shop, "least_minor": "1.5", "currency": "JPY"}, "least_minor"),
        ({"account_0": shop, "least_minor": "2", "most_minor": "1", "currency": "EUR"}, "most_minor"),
        ({"account_0": shop, "method": "paypal"}, "account_0"),
    ):
        answer = owner.post(NEW, form)
        assert answer.status_code == 422, form
        assert f'id="id_{field}_error"' in answer.text, form
    answer = owner.get(LIST, {"method": "card", "amount": "-1", "currency": "EUR"})
    assert 'id="try-amount_error"' in answer.text


def test_the_page_says_how_each_provider_is_and_why(
    world: World, owner: Client, accounts: list[GatewayAccount]
) -> None:
    page = owner.get(LIST).text
    assert page.count("No trouble within a day.") == 2
    payment = world.paid(world.issued())
    payment.gateway_account = accounts[0]
    payment.save(update_fields=["gateway_account"])
    world.trouble_of(payment)
    now = clock.now(None)
    GatewayAccount.objects.filter(id=accounts[0].id, organization=world.organization).update(
        down_since=now, probe_at=now
    )
    page = owner.get(LIST, {"method": "card", "amount": "1", "currency": "EUR"}).text
    for words in (
        "does not answer",
        "1 payment had no answer within a day.",
        "No answer came back.",
        "<strong>Shop</strong> does not answer at the moment, and is passed over.",
        "<strong>Spare</strong> takes it.",
    ):
        assert words in page
    assert "does not answer" in owner.get(reverse("console:gateway_list")).text


def test_without_providers_the_page_says_where_to_add_one(owner: Client) -> None:
    assert "No provider takes payments yet" in owner.get(LIST).text


def test_groups_are_added_chosen_renamed_and_removed(world: World, owner: Client) -> None:
    groups = reverse("console:customer_group_list")
    there = reverse("console:customer_edit", args=[world.customer.id])
    assert "id_group_id" not in owner.get(there).text
    owner.post(groups, {"name": "Wholesale"})
    group = CustomerGroup.objects.get(organization=world.organization)
    assert "id_group_id" in owner.get(there).text
    form = {
        "name": world.customer.name,
        "kind": "company",
        "country": "DE",
        "language": "en",
        "currency": "EUR",
        "group_id": str(group.id),
    }
    assert owner.post(there, form).status_code == 302
    world.customer.refresh_from_db()
    assert world.customer.group_id == group.id
    assert "1 customer" in owner.get(groups).text
    assert world.customer.name in owner.get(reverse("console:customer_list") + "?group=Wholesale").text
    assert world.customer.name not in owner.get(reverse("console:customer_list") + "?group=Retail").text
    edit = reverse("console:customer_group_edit", args=[group.id])
    assert "Resellers is saved." in owner.post(edit, {"name": "Resellers"}, follow=True).text
    assert owner.post(edit, {"name": ""}).status_code == 422
    remove = reverse("console:customer_group_remove", args=[group.id])
    assert "1 customer is in none now" in owner.post(remove, follow=True).text


def test_a_group_that_a_rule_speaks_of_stays(world: World, owner: Client) -> None:
    group = world.route().group
    assert group is not None
    page = owner.post(reverse("console:customer_group_remove", args=[group.id]), follow=True).text
    assert "A rule speaks of Wholesale" in page
    assert CustomerGroup.objects.filter(organization=world.organization).exists()
