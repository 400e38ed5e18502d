"""What is charged by itself, as colleagues see and steer it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django.fixtures import Settings

from allsquare.core.actor import SYSTEM
from allsquare.payments.gateway import Status
from allsquare.payments.models import AutopayCharge, Consent
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.run_autopay import run_autopay
from tests.payments.makers import ScriptedGateway, charge, empty_script, scripted_account
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def provider(settings: Settings, world: World) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()
    world.account = scripted_account(world.organization)
    world.saved_method()


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"console:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def on(world: World, days: int) -> None:
    world.organization.clock_offset = timedelta(days=days)
    world.organization.save(update_fields=["clock_offset"])
    for _ in range(2):
        run_autopay(organization=world.organization)


def test_an_agreement_is_written_down_and_ended(world: World, owner: Client) -> None:
    agree = reverse("console:automatic_agree", args=[world.customer.id])
    owner.post(agree, {"note": " "})
    assert "Say how the customer agreed" in page(owner, "customer_methods", world.customer.id)
    owner.post(agree, {"note": "Contract of 1 May"})
    shown = page(owner, "customer_methods", world.customer.id)
    assert "Contract of 1 May" in shown
    assert escape(Consent.objects.get(organization=world.organization).text) in shown
    owner.post(reverse("console:automatic_end", args=[world.customer.id]))
    assert "Write the agreement down" in page(owner, "customer_methods", world.customer.id)


def test_the_next_attempt_is_seen_and_stopped(world: World, owner: Client) -> None:
    agree_autopay(
        organization=world.organization, customer_id=world.customer.id, actor=SYSTEM, note="Contract"
    )
    invoice = world.issued()
    assert "Nothing will be charged by itself" in page(owner, "automatic_payments")
    run_autopay(organization=world.organization)
    listed = page(owner, "automatic_payments")
    assert str(invoice.number) in listed
    assert listed.count("€119.00") == 2, "the invoice, and the sum of all"
    shown = page(owner, "invoice", invoice.id)
    assert "Visa ending 4242" in shown
    assert "planned" in shown
    owner.post(reverse("console:automatic_stop", args=[invoice.id]))
    shown = page(owner, "invoice", invoice.id)
    assert "somebody stopped it for this invoice" in shown
    assert reverse("console:automatic_stop", args=[invoice.id]) not in shown
    assert "Nothing will be charged by itself" in page(owner, "automatic_payments")


def test_what_could_not_be_charged_is_told_apart(world: World, owner: Client) -> None:
    agree_autopay(
        organization=world.organization, customer_id=world.customer.id, actor=SYSTEM, note="Contract"
    )
    invoice = world.issued()
    on(world, 28)
    ScriptedGateway.answers.append(charge(Status.DECLINED, code="expired_card"))
    on(world, 30)
    listed = page(owner, "automatic_payments")
    assert "Could not be charged, and is not tried again" in listed
    assert "the card has expired" in listed
    row = AutopayCharge.objects.get(organization=world.organization)
    assert reverse("console:payment", args=[row.payment_id]) in page(owner, "invoice", invoice.id)


def test_the_days_are_the_owners_to_choose(world: World, owner: Client) -> None:
    plan = reverse("console:automatic_plan")
    assert 'value="0, 3, 7"' in owner.get(plan).content.decode()
    for days, words in (
        ("3, x", "Write the days as numbers"),
        ("7, 3", "each later than the one before"),
        ("", ""),
    ):
        refused = owner.post(plan, {"days": days, "notice_days": "2"})
        assert refused.status_code == 422
        assert words in refused.content.decode()
    assert owner.post(plan, {"days": "1; 4 9", "notice_days": "5"}).status_code == 302
    listed = page(owner, "automatic_payments")
    assert (
        "Attempts are made 1, 4, 9 days after the due date; payers are told 5 days before the first."
        in listed
    )
