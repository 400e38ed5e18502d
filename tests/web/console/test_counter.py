"""Taking a card in the shop, as a clerk sees it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.core.models import RateCounter
from allsquare.identity.roles import Role
from allsquare.payments.gateway import (
    Capability,
    ChargeRequest,
    MethodKind,
    Outcome,
    SavedMethod,
    Status,
)
from allsquare.payments.gateway_abilities import Reader
from allsquare.payments.models import Consent, Payment
from allsquare.payments.plan import GRACE
from allsquare.payments.services.ask_method_link import ask_method_link
from tests.payments.makers import ScriptedGateway, charge, empty_script, eur, scripted_account
from tests.payments.test_take_card import CounterGateway
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

WAITS = charge(Status.ACTION_REQUIRED, reference="ch_1")


@pytest.fixture(autouse=True)
def provider(settings: Settings, world: World) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_take_card.CounterGateway",
    }
    empty_script()
    world.account = scripted_account(world.organization)
    CounterGateway.listed = (Reader("rd_1", "Terrace", False), Reader("rd_2", "<b>Front</b>", True))


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"console:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def wake(
    client: Client, world: World, invoice: Invoice, *answers: Outcome, reader: str = "rd_2", **more: str
) -> HttpResponse:
    ScriptedGateway.answers.extend(answers)
    shown = page(client, "card_take", invoice.id)
    key = re.search(r'name="key" value="([^"]+)"', shown)
    assert key
    data = {"amount": "119.00", "reader": f"{world.account.id}/{reader}", "key": key[1], **more}
    return client.post(reverse("console:card_take", args=[invoice.id]), data)  # type: ignore[return-value]  # a response of ours


def test_the_clerk_chooses_a_reader_and_watches_it(world: World, owner: Client) -> None:
    invoice = world.issued()
    assert reverse("console:card_take", args=[invoice.id]) in page(owner, "invoice", invoice.id)
    shown = page(owner, "card_take", invoice.id)
    assert "Terrace (not connected)" in shown
    assert "&lt;b&gt;Front&lt;/b&gt;" in shown
    assert re.search(rf'value="{world.account.id}/rd_2"[^>]*checked', shown), (
        "the first that is free is chosen"
    )

    assert wake(owner, world, invoice, WAITS).status_code == 302

    payment = Payment.objects.get(organization=world.organization)
    watched = reverse("console:payment_at_reader", args=[payment.id])
    shown = page(owner, "payment", payment.id)
    assert f'hx-get="{watched}"' in shown
    assert "waits for a card" in shown
    ScriptedGateway.lookups.append(WAITS)
    assert "waits for a card" in page(owner, "payment_at_reader", payment.id)
    ScriptedGateway.lookups.append(charge(reference="ch_1", amount=eur(11900), fee=eur(100)))
    ended = owner.get(watched)
    assert (ended.status_code, ended["HX-Refresh"]) == (204, "true")
    shown = page(owner, "payment", payment.id)
    assert watched not in shown
    assert "At the reader" in shown


def test_however_many_pages_watch_the_provider_is_asked_seldom(world: World, owner: Client) -> None:
    wake(owner, world, world.issued(), WAITS)
    payment = Payment.objects.get(organization=world.organization)
    ScriptedGateway.lookups.extend([WAITS] * 5)
    for _look in range(9):
        page(owner, "payment_at_reader", payment.id)
    assert len(ScriptedGateway.looked_up) == 5
    RateCounter.objects.all().delete()


def test_while_the_request_wakes_the_reader_the_provider_is_not_asked(world: World, owner: Client) -> None:
    """A look-up that says "never heard of it" would end or repeat what is on its way."""
    wake(owner, world, world.issued(), WAITS)
    payment = Payment.objects.get(organization=world.organization)
    Payment.objects.filter(organization=world.organization).update(state="started")
    page(owner, "payment_at_reader", payment.id)
    assert ScriptedGateway.looked_up == []
    Payment.objects.filter(organization=world.organization).update(
        state="started", created_at=payment.created_at - 2 * GRACE
    )
    ScriptedGateway.lookups.append(WAITS)
    page(owner, "payment_at_reader", payment.id)
    assert len(ScriptedGateway.looked_up) == 1


def test_it_is_canceled_at_the_reader(world: World, owner: Client) -> None:
    wake(owner, world, world.issued(), WAITS)
    payment = Payment.objects.get(organization=world.organization)
    cancel = reverse("console:payment_cancel_at_reader", args=[payment.id])
    for answer, words in (
        (charge(Status.UNKNOWN), "The reader did not answer."),
        (charge(Status.DECLINED, reference="ch_1", code="canceled"), "The reader waits no longer."),
    ):
        ScriptedGateway.lookups.append(answer)
        assert owner.post(cancel).status_code == 302
        assert words in page(owner, "payment", payment.id)


def test_a_reader_that_cannot_be_woken_up_is_said_at_its_field(world: World, owner: Client) -> None:
    refused = wake(owner, world, world.issued(), reader="rd_1")
    assert refused.status_code == 422
    assert "is not connected. Plug it in" in refused.content.decode()
    CounterGateway.listed = None
    shown = page(owner, "card_take", world.issued().id)
    assert "No answer came back." in shown
    CounterGateway.listed = ()
    assert "There is no reader" in page(owner, "card_take", world.issued().id)


def test_who_may_only_look_sees_no_button(world: World, owner: Client) -> None:
    invoice = world.issued()
    viewer = world.client(Role.VIEWER)
    assert reverse("console:card_take", args=[invoice.id]) not in page(viewer, "invoice", invoice.id)
    assert viewer.get(reverse("console:card_take", args=[invoice.id])).status_code == 403
    wake(owner, world, invoice, WAITS)
    payment = Payment.objects.get(organization=world.organization)
    assert "hx-get" not in page(viewer, "payment", payment.id).split('id="at-reader"')[1][:60]
    assert viewer.get(reverse("console:payment_at_reader", args=[payment.id])).status_code == 403


def test_a_tip_is_asked_for_where_the_clerk_says_so(world: World, owner: Client) -> None:
    invoice = world.issued()
    assert "Ask for a tip at the reader" in page(owner, "card_take", invoice.id)
    assert wake(owner, world, invoice, WAITS, tips="on").status_code == 302
    (request,) = ScriptedGateway.asked
    assert isinstance(request, ChargeRequest)
    assert request.tips


KEEP = "Keep this card for later payments (the customer agreed)"
VISA = SavedMethod("cus_1/pm_1", MethodKind.CARD, "visa", "4242", "2031-07")


def read(world: World, owner: Client, method: SavedMethod) -> Payment:
    """A card that was to be kept is held to the reader, and the clerk's page asks."""
    wake(owner, world, world.issued(), WAITS, keep="on")
    payment = Payment.objects.get(organization=world.organization)
    ScriptedGateway.lookups.append(charge(reference="ch_1", amount=eur(11900), fee=eur(100), method=method))
    assert owner.get(reverse("console:payment_at_reader", args=[payment.id])).status_code == 204
    payment.refresh_from_db()
    return payment


def test_a_card_is_kept_where_the_clerk_says_that_the_customer_agreed(world: World, owner: Client) -> None:
    invoice = world.issued()
    shown = page(owner, "card_take", invoice.id)
    assert KEEP in shown
    assert "Keep this card at Scripted, so that I can pay" in shown
    assert not re.search(r'name="keep"[^>]*checked', shown), "consent is never ticked beforehand"

    payment = read(world, owner, VISA)

    consent = Consent.objects.get(organization=world.organization)
    assert html.escape(consent.text) in shown
    assert "Yes, as the customer agreed" in page(owner, "payment", payment.id)
    mine = page(owner, "customer_methods", payment.customer_id)
    for words in (
        "Visa ending 4242",
        "from the reader “&lt;b&gt;Front&lt;/b&gt;”",
        "In person, at the reader “&lt;b&gt;Front&lt;/b&gt;”, noted by ",
    ):
        assert words in mine
    assert "from the reader" in page(owner, "customer", payment.customer_id)


def test_its_owner_sees_where_it_came_from_and_nothing_of_the_clerks_desk(
    world: World, owner: Client, client: Client
) -> None:
    payment = read(world, owner, VISA)
    consent = Consent.objects.get(organization=world.organization)
    link = ask_method_link(organization=world.organization, customer_id=payment.customer_id, actor=SYSTEM)
    shown = client.get(reverse("portal:methods", args=[link.token])).content.decode()
    assert "from the reader in the shop" in shown
    assert "in person, in the shop" in shown
    assert consent.address
    assert consent.address not in shown
    assert consent.actor_label not in shown


def test_of_a_wallet_the_clerk_is_told_that_nothing_was_saved(world: World, owner: Client) -> None:
    payment = read(world, owner, replace(VISA, token=""))
    shown = page(owner, "payment", payment.id)
    assert "the provider cannot keep it (a wallet on a phone, say). Nothing was saved" in shown
    assert "Nothing is saved" in page(owner, "customer_methods", payment.customer_id)


def test_who_stands_for_many_people_has_nothing_kept(
    world: World, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allsquare.web.console.counter.is_counter", lambda _organization, _customer: True)
    assert KEEP not in page(owner, "card_take", world.issued().id)
    wake(owner, world, world.issued(), WAITS, keep="on")
    (request,) = ScriptedGateway.asked
    assert isinstance(request, ChargeRequest)
    assert not request.save_method


def test_nobody_offers_what_the_readers_cannot(
    world: World, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = CounterGateway.capabilities - {Capability.TIPS, Capability.KEEPS_AT_READERS}
    monkeypatch.setattr(CounterGateway, "capabilities", without)
    shown = page(owner, "card_take", world.issued().id)
    assert "Ask for a tip" not in shown
    assert KEEP not in shown
