"""A provider that the operator took out of ``ALLSQUARE_GATEWAYS``, while payments wait there and its account is on."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, customer_actor
from allsquare.payments.attention import NOT_INSTALLED, sentence
from allsquare.payments.due import accounts_with_mail
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import MethodKind, Outcome, Status
from allsquare.payments.models import GatewayAccount, InboxEvent, Payment
from allsquare.payments.selectors import recording_account
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.sweep import sweep
from allsquare.payments.states import InboxState
from tests.payments.flows import paid
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    empty_script,
    eur,
    issued_invoice,
    offline_account,
    open_tasks,
    scripted_account,
)
from tests.web.console.world import World

PAGE = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.provider.example/")


@pytest.fixture
def account(world: World, settings: Settings) -> GatewayAccount:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()
    return scripted_account(world.organization)


@pytest.fixture
def waiting(world: World, account: GatewayAccount) -> Payment:
    """Its payer was led to a page there."""
    invoice = issued_invoice(world.organization, world.customer)
    return press(invoice, account)


@pytest.fixture
def invoice(waiting: Payment) -> Invoice:
    assert waiting.invoice is not None
    return waiting.invoice


@pytest.fixture
def another(world: World, waiting: Payment, settings: Settings) -> GatewayAccount:
    """Now it is not installed any more, and another one is."""
    names = dict(settings.ALLSQUARE_GATEWAYS)
    names["other"] = names.pop("scripted")
    settings.ALLSQUARE_GATEWAYS = names
    return add_gateway_account(
        organization=world.organization, gateway="other", label="Other", settings={}, actor=SYSTEM
    )


def press(invoice: Invoice, account: GatewayAccount, answer: Outcome = PAGE) -> Payment:
    ScriptedGateway.answers.append(answer)
    return start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(invoice.open_minor),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=a_key(),
        actor=customer_actor(invoice.customer_id, "Grace"),
    )


@pytest.mark.parametrize("enabled", [True, False], ids=["on", "off"])
def test_the_invoice_is_paid_another_way(
    invoice: Invoice, waiting: Payment, another: GatewayAccount, client: Client, enabled: bool
) -> None:
    GatewayAccount.objects.filter(id=waiting.gateway_account_id).update(enabled=enabled)
    path = urlsplit(pay_url(invoice.organization, invoice)).path
    page = client.get(path)
    assert (page.status_code, f"card:{another.id}" in page.text) == (200, True)
    press(invoice, another, charge(reference="ch_2", amount=eur(invoice.open_minor), fee=eur(0)))
    invoice.refresh_from_db()
    assert invoice.state == "paid"


def test_nobody_can_choose_what_is_not_there(
    invoice: Invoice, waiting: Payment, another: GatewayAccount
) -> None:
    with pytest.raises(GatewayUnavailable, match="not available at the moment"):
        press(invoice, waiting.gateway_account)


def test_a_paid_invoices_page_and_the_console_say_what_they_know(
    world: World, account: GatewayAccount, waiting: Payment, owner: Client, settings: Settings
) -> None:
    done = paid(world.organization, world.customer, account)
    assert done.invoice is not None
    settings.ALLSQUARE_GATEWAYS = {
        name: path for name, path in settings.ALLSQUARE_GATEWAYS.items() if name != "scripted"
    }
    offline_account(world.organization)
    assert recording_account(world.organization) is not None
    pages = [
        urlsplit(pay_url(world.organization, done.invoice)).path,
        reverse("console:gateway_list"),
        reverse("console:gateway", args=[account.id]),
        reverse("console:payment_route_list"),
        reverse("console:payment", args=[done.id]),
        reverse("console:payment", args=[waiting.id]),
        reverse("console:invoice", args=[done.invoice.id]),
        reverse("console:invoice", args=[waiting.invoice_id]),
        reverse("console:customer", args=[done.customer_id]),
        reverse("console:money"),
    ]
    assert {path: owner.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)
    owner.post(reverse("console:gateway_switch", args=[account.id]), {"to": "off"})
    account.refresh_from_db()
    assert not account.enabled


def test_a_task_says_it_once_and_its_news_waits(waiting: Payment, another: GatewayAccount) -> None:
    now = clock.now(None)
    for _ in range(2):
        Payment.objects.filter(id=waiting.id).update(next_check_at=now)
        sweep(organization=waiting.organization)
    (task,) = open_tasks(waiting.organization)
    assert task.kind == NOT_INSTALLED
    assert "scripted is not in ALLSQUARE_GATEWAYS" in sentence(task.kind, task.data)
    InboxEvent.objects.create(
        organization=waiting.organization,
        gateway_account=waiting.gateway_account,
        external_id="evt_1",
        payload={},
        state=InboxState.RECEIVED,
        received_at=now,
        next_try_at=now,
    )
    assert waiting.gateway_account not in accounts_with_mail()
