"""A dispute, as colleagues see it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.identity.roles import Role
from allsquare.payments.gateway import DisputeStage
from allsquare.payments.models import Dispute, Payment
from tests.payments.flows import paid, take
from tests.payments.makers import dispute_outcome, empty_script, eur, scripted_account
from tests.statements import statements_sent
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


@pytest.fixture
def payment(world: World) -> Payment:
    return paid(world.organization, world.customer, world.account, fee=100)


def tell(payment: Payment, stage: DisputeStage, until: datetime | None) -> Dispute:
    take(
        payment.gateway_account,
        dispute_outcome(
            stage,
            reference="dp_1",
            amount=eur(4000),
            fee=eur(1500),
            charge_reference=payment.reference,
            message="product_not_received",
            evidence_by=until,
        ),
    )
    return Dispute.objects.get(organization=payment.organization)


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"console:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_what_happened_and_how_long_there_is_to_answer(
    world: World, owner: Client, payment: Payment
) -> None:
    until = clock.now(world.organization) + timedelta(days=5)
    dispute = tell(payment, DisputeStage.OPENED, until)
    shown = page(owner, "dispute", dispute.id)
    for words in (
        "€40.00",
        "€15.00",
        "product_not_received",
        "5 days are left. Answer at Scripted",
        world.customer.name,
        "In the books",
        "Dispute over €40.00 opened",
    ):
        assert words in shown
    address = reverse("console:dispute", args=[dispute.id])
    assert address in page(owner, "payment", payment.id)
    assert address in page(owner, "home"), "from its task"
    assert address in page(owner, "event_list")
    assert "In the books" not in page(world.client(Role.BILLING_CLERK), "dispute", dispute.id)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=1), "day"),
        (timedelta(minutes=-1), "The time to answer is over"),
        (None, "does not tell the deadline here"),
    ],
)
def test_whoever_comes_late_is_told_so(
    world: World, owner: Client, payment: Payment, left: timedelta | None, words: str
) -> None:
    until = None if left is None else clock.now(world.organization) + left
    assert words in page(owner, "dispute", tell(payment, DisputeStage.OPENED, until).id)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (DisputeStage.WON, "The bank decided for you"),
        (DisputeStage.LOST, "what it had paid is open again"),
    ],
)
def test_its_end_is_told(
    world: World, owner: Client, payment: Payment, end: DisputeStage, words: str
) -> None:
    until = clock.now(world.organization) + timedelta(days=5)
    tell(payment, DisputeStage.OPENED, until)
    shown = page(owner, "dispute", tell(payment, end, until).id)
    assert words in shown
    assert "days are left" not in shown


def test_its_page_asks_for_a_fixed_number_of_rows(world: World, owner: Client, payment: Payment) -> None:
    dispute = tell(payment, DisputeStage.OPENED, None)
    page(owner, "dispute", dispute.id)
    with statements_sent() as once:
        page(owner, "dispute", dispute.id)
    tell(payment, DisputeStage.LOST, None)
    with statements_sent() as twice:
        page(owner, "dispute", dispute.id)
    assert once.call_count == twice.call_count
