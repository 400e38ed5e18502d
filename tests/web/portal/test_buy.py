"""Buying by a payment link, as a browser without scripts does it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.payments.gateway import ChargeRequest, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.selling.addresses import link_url
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.services.switch_link import switch_link
from tests.payments.makers import ScriptedGateway, charge, eur
from tests.selling.makers import make_link, vat
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


def will_ask() -> None:
    ScriptedGateway.answers.append(charge(Status.ACTION_REQUIRED, reference="ch_1", redirect=HOSTED))


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
        assert client.get(address).status_code in (303, 404), address


def test_it_speaks_the_browsers_language(client: Client, coffee: PaymentLink) -> None:
    page = shown(client.get(path(coffee), headers={"Accept-Language": "de-DE,de;q=0.9"}))
    assert page.headers["Content-Language"].startswith("de")
    assert "11,90" in page.text


def test_it_is_light(client: Client, coffee: PaymentLink) -> None:
    assert len(client.get(path(coffee)).content) < 20_000
