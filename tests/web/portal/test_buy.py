"""Buying by a payment link, as a browser without scripts does it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.payments.gateway import ChargeRequest, Status
from allsquare.payments.models import GatewayAccount, MethodLink, Payment, PaymentMethod
from allsquare.selling.addresses import link_url
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.services.switch_link import switch_link
from tests import factories
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice, scripted_account
from tests.selling.makers import close_today, make_link, vat
from tests.web.portal.conftest import payer_of
from tests.web.portal.pages import Shown, shown

pytestmark = pytest.mark.django_db

HOSTED = "https://pay.provider.example/ch_1"


@pytest.fixture
def coffee(organization: Organization, account: GatewayAccount) -> PaymentLink:
    vat(organization)
    return make_link(organization, limit=2)


def path(link: PaymentLink) -> str:
    return urlsplit(link_url(link)).path


def look(client: Client, link: PaymentLink, **chosen: str) -> Shown:
    return shown(client.get(path(link), chosen))


def press(client: Client, link: PaymentLink, page: Shown, **changed: str) -> Shown:
    return shown(client.post(path(link), {**page.fields, **changed}))


def will_ask(reference: str = "ch_1") -> None:
    ScriptedGateway.answers.append(charge(Status.ACTION_REQUIRED, reference=reference, redirect=HOSTED))


def asked() -> list[ChargeRequest]:
    return [request for request in ScriptedGateway.asked if isinstance(request, ChargeRequest)]


def test_bought_paid_and_the_receipt_is_shown(client: Client, coffee: PaymentLink) -> None:
    page = look(client, coffee)
    assert "Coffee" in page.text
    assert "Pay €11.90" in page.text
    will_ask()
    sent = press(client, coffee, page, email="ada@example.com")
    assert (sent.status, sent.leads_to) == (303, HOSTED)
    (request,) = asked()
    assert (request.amount, request.description, request.customer_email) == (
        eur(1190),
        "Coffee",
        "ada@example.com",
    )
    ScriptedGateway.lookups.append(charge(reference="ch_1", amount=eur(1190), fee=eur(30)))
    back = shown(client.get(urlsplit(request.return_url).path))
    receipt = shown(client.get(back.leads_to))
    assert "Paid" in receipt.text
    assert "€11.90" in receipt.text
    assert "INV-00001" in receipt.text
    again = shown(client.get(urlsplit(request.return_url).path))
    assert again.leads_to == back.leads_to


def test_the_same_form_at_another_link_buys_what_that_one_sells(client: Client, coffee: PaymentLink) -> None:
    """Both cost the same, and only the address says what is bought."""
    tea = make_link(coffee.organization, name="Tea")
    page = look(client, coffee)
    will_ask("ch_1")
    press(client, coffee, page)
    will_ask("ch_2")
    press(client, tea, page)
    assert [request.description for request in asked()] == ["Coffee", "Tea"]
    sales = Sale.objects.filter(organization=coffee.organization).order_by("id")
    assert [sale.link_id for sale in sales] == [coffee.id, tea.id]


def test_pressing_twice_buys_once(client: Client, coffee: PaymentLink) -> None:
    will_ask()
    page = look(client, coffee)
    assert {press(client, coffee, page).leads_to for _ in range(3)} == {HOSTED}
    assert len(asked()) == Sale.objects.filter(organization=coffee.organization).count() == 1


def test_an_open_price_with_suggestions_and_a_tip(client: Client, coffee: PaymentLink) -> None:
    gift = make_link(
        coffee.organization,
        name="Gift",
        price_minor=None,
        least_minor=200,
        suggested=[500, 1000],
        tips=[10],
        most=3,
    )
    first = look(client, gift)
    for words in ("How much do you want to pay?", "€5.00", "€10.00", "At least €2.00", "No tip", "10 %"):
        assert words in first.text
    page = look(client, gift, price="5", quantity="2", tip="10")
    assert "Pay €11.00" in page.text
    assert "€1.00 of it is the tip" in page.text
    assert "Pay €7.50" in look(client, gift, price="5", other="7.5", quantity="1", tip="0").text
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(1100), fee=eur(30)))
    there = press(client, gift, page)
    assert "Paid" in shown(client.get(shown(client.get(there.leads_to)).leads_to)).text
    assert Invoice.objects.get(organization=gift.organization).total_minor == 1100


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"other": "1"}, "Pay at least €2.00"),
        ({"other": "-3"}, "Pay at least €2.00"),
        ({"other": "0"}, "Pay at least €2.00"),
        ({"other": "3.999"}, "too many decimals"),
        ({"other": "much"}, "is not an amount"),
        ({"other": "9" * 40}, "is not an amount"),
        ({"price": "5", "quantity": "9"}, "Choose a number from 1 to 3"),
        ({"price": "5", "quantity": "0"}, "Choose a number from 1 to 3"),
        ({"price": "5", "quantity": "two"}, "Write a whole number"),
        ({"price": "5", "tip": "99"}, "Choose one of the tips"),
    ],
)
def test_a_choice_that_cannot_be_is_a_sentence(
    client: Client, coffee: PaymentLink, chosen: dict[str, str], said: str
) -> None:
    gift = make_link(coffee.organization, price_minor=None, least_minor=200, tips=[10], most=3)
    page = look(client, gift, **chosen)
    assert page.status == 422
    assert said in page.text
    assert asked() == []


def test_a_forged_or_old_sum_charges_nothing(client: Client, coffee: PaymentLink) -> None:
    page = look(client, coffee)
    assert press(client, coffee, page, amount="1").status == 409
    PaymentLink.objects.filter(organization=coffee.organization).update(price_minor=1500)
    changed = press(client, coffee, page)
    assert changed.status == 409
    assert "The price has changed" in changed.text
    assert "Pay €15.00" in changed.text
    assert press(client, coffee, page, method="card:1", amount="1500").status == 422
    assert press(client, coffee, page, email="no address", amount="1500").status == 422
    assert asked() == []


def test_declined_says_what_to_do_and_frees_the_unit(client: Client, coffee: PaymentLink) -> None:
    ScriptedGateway.answers.append(charge(Status.DECLINED, reference="ch_1", code="insufficient_funds"))
    there = press(client, coffee, look(client, coffee))
    page = shown(client.get(there.leads_to))
    assert "There was not enough money for it" in page.text
    assert "Try again" in page.text
    assert Sale.objects.get(organization=coffee.organization).state == "given_up"
    assert not Invoice.objects.filter(organization=coffee.organization).exists()


def test_closed_and_sold_out_are_said_and_charge_nothing(client: Client, coffee: PaymentLink) -> None:
    page = look(client, coffee)
    for number in range(2):
        minor = charge(reference=f"ch_{number}", amount=eur(1190), fee=eur(30))
        ScriptedGateway.answers.append(minor)
        press(client, coffee, look(client, coffee))
    late = press(client, coffee, page)
    assert late.status == 409
    assert "This is sold out" in late.text
    assert "This is sold out" in look(client, coffee).text
    open_link = make_link(coffee.organization)
    before = look(client, open_link)
    switch_link(organization=coffee.organization, link_id=open_link.id, sells=False, actor=SYSTEM)
    assert "This is not sold any more" in look(client, open_link).text
    assert press(client, open_link, before).status == 409
    assert Payment.objects.filter(organization=coffee.organization).count() == 2


def test_a_strangers_mark_and_a_wrong_address_show_nothing(client: Client, coffee: PaymentLink) -> None:
    will_ask()
    press(client, coffee, look(client, coffee), email="ada@example.com")
    stranger = shown(client.get(f"{path(coffee)}sale/{'0' * 32}/"))
    assert stranger.leads_to == path(coffee)
    assert client.get("/buy/nothing/").status_code == 404


@pytest.mark.parametrize("wrong", ["%00", "x" * 3000, "a%2Fb", "ünï"])
def test_nonsense_for_an_address_leads_nowhere(client: Client, coffee: PaymentLink, wrong: str) -> None:
    for address in (f"/buy/{wrong}/", f"/buy/{wrong}/logo", f"{path(coffee)}sale/{wrong}/"):
        assert client.get(address).status_code in (303, 400, 404), address


def test_it_speaks_the_browsers_language(client: Client, coffee: PaymentLink) -> None:
    page = shown(client.get(path(coffee), headers={"Accept-Language": "de-DE,de;q=0.9"}))
    assert page.headers["Content-Language"].startswith("de")
    assert "11,90" in page.text


def test_it_is_light(client: Client, coffee: PaymentLink) -> None:
    assert len(client.get(path(coffee)).content) < 20_000


def test_what_somebody_keeps_back_is_said_and_may_be_tried_for(client: Client, coffee: PaymentLink) -> None:
    one = make_link(coffee.organization, limit=1)
    two = make_link(coffee.organization, limit=2, most=2)
    will_ask()
    press(client, one, look(client, one))
    page = look(client, one)
    assert page.status == 200
    assert "Somebody is paying for the last of it" in page.text
    assert "sold out" not in page.text
    assert "Somebody is paying for the last of it" not in look(client, coffee).text
    late = press(client, one, page)
    assert late.status == 409
    assert "Try again in a few minutes" in late.text
    will_ask("ch_2")
    press(client, two, look(client, two, quantity="2"))
    assert "Somebody is paying for the last of it" in look(client, two).text
    assert len(asked()) == 2


def test_more_than_is_left_is_said_before_the_button(client: Client, coffee: PaymentLink) -> None:
    some = make_link(coffee.organization, limit=3, most=4)
    page = look(client, some, quantity="4")
    assert page.status == 422
    assert "Only 3 are left. Choose fewer." in page.text
    assert look(client, some, quantity="3").status == 200


def test_a_press_in_a_currency_that_is_no_more_charges_nothing(client: Client, coffee: PaymentLink) -> None:
    page = look(client, coffee)
    assert press(client, coffee, page, currency="JPY").status == 409
    assert press(client, coffee, page, currency="").status == 422
    assert press(client, coffee, page, currency="ZZZ").status == 409
    assert asked() == []


def test_a_closed_period_and_a_missing_rate_are_said_and_charge_nothing(
    client: Client, coffee: PaymentLink
) -> None:
    page = look(client, coffee)
    close_today(coffee.organization)
    closed = press(client, coffee, page)
    assert closed.status == 409
    assert "cannot be bought at the moment. Nothing was charged" in closed.text
    abroad = make_link(factories.make_organization(base_currency="USD"), tax_category="Z", currency="USD")
    scripted_account(abroad.organization)
    PaymentLink.objects.filter(organization=abroad.organization).update(currency="GBP")
    unrated = press(client, abroad, look(client, abroad))
    assert unrated.status == 409
    assert "cannot be bought at the moment. Nothing was charged" in unrated.text
    assert asked() == []
    assert not Sale.objects.filter(link__in=[coffee, abroad]).exists()


def bought(client: Client, link: PaymentLink, *, email: str = "") -> str:
    """Where the page of the invoice is."""
    ScriptedGateway.answers.append(charge(reference=a_key(), amount=eur(1190), fee=eur(30)))
    there = press(client, link, look(client, link), email=email)
    return shown(client.get(there.leads_to)).leads_to.partition("payment/")[0]


def counter_card(link: PaymentLink, account: GatewayAccount) -> PaymentMethod:
    """Kept of the counter customer by an earlier release, or by a clerk."""
    sale = Sale.objects.filter(organization=link.organization, at_counter=True).latest("id")
    return PaymentMethod.objects.create(
        organization=link.organization,
        customer=sale.customer,
        gateway_account=account,
        kind="card",
        token="pm_1",
        brand="visa",
        last_four="4242",
        created_at=clock.now(None),
    )


def test_the_counter_keeps_and_offers_no_card(
    client: Client, coffee: PaymentLink, account: GatewayAccount
) -> None:
    """One invoice of the counter is open, as after its money was given back: its link is in somebody's hands."""
    receipt = bought(client, coffee)
    card = counter_card(coffee, account)
    customer = card.customer
    customer.email = "till@harbour.example"
    customer.save(update_fields=["email"])
    invoice = issued_invoice(coffee.organization, customer)
    payer = payer_of(invoice, client)
    page = payer.open()
    assert "4242" not in page.text
    assert "Change saved payment methods" not in page.text
    assert "keep" not in "".join(name for form in page.forms for name in form.fields)
    assert page.fields["method"].startswith("card:")
    forged = payer.press(page, method=f"saved:{card.id}")
    assert forged.status == 422
    will_ask()
    way = page.fields["method"]
    payer.press(page, keep=f"{way}/{account.id}")
    (request,) = [each for each in asked() if each.amount == eur(10000)]
    assert not request.save_method
    for address in (payer.link, receipt):
        methods = shown(client.post(f"{address}methods/"))
        assert "4242" not in methods.text
        assert "till@" not in methods.text
        assert "harbour.example" not in methods.text.replace("billing@harbour.example", "")
    assert not MethodLink.objects.filter(organization=coffee.organization).exists()


def test_whoever_left_an_address_may_keep_a_card(
    client: Client, coffee: PaymentLink, account: GatewayAccount
) -> None:
    """The control of the test above."""
    bought(client, coffee, email="ada@example.com")
    customer = Sale.objects.get(organization=coffee.organization).customer
    payer = payer_of(issued_invoice(coffee.organization, customer), client)
    page = payer.open()
    will_ask()
    payer.press(page, keep=f"{page.fields['method']}/{account.id}")
    assert asked()[-1].save_method


def test_the_receipt_of_a_known_address_tells_nothing_of_whose_it_is(
    client: Client, coffee: PaymentLink, account: GatewayAccount
) -> None:
    factories.make_customer(
        coffee.organization, name="Ada Lovelace Ltd", email="ada@example.com", street="12 Secret Street"
    )
    receipt = bought(client, coffee, email="ada@example.com")
    for address in (receipt, f"{receipt}methods/", f"{receipt}invoice.pdf"):
        page = client.get(address)
        assert b"Secret" not in page.content
        assert b"Lovelace" not in page.content
