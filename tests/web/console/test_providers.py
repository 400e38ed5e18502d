"""How far behind providers' news is, comparing with them, and asking for their news once more, as colleagues see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import Difference, InboxEvent, Inquiry, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.statements import statements_sent
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

SETTINGS = {
    "base_url": "http://127.0.0.1:9",
    "api_key": "sk_sandbox_of_nobody",
    "webhook_secret": "whsec_bm9ib2R5a25vd3N0aGlz",
}


@pytest.fixture
def payment(world: World) -> Payment:
    """Before there is a provider."""
    return world.paid(world.issued())


@pytest.fixture(autouse=True)
def provider(world: World, payment: Payment) -> None:
    world.account = add_gateway_account(
        organization=world.organization, gateway="sandbox", label="Sandbox", settings=SETTINGS, actor=SYSTEM
    )


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"console:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def ask(client: Client, world: World, **fields: str) -> object:
    day = clock.now(None).date().isoformat()
    return client.post(
        reverse("console:provider_ask", args=[world.account.id]), {"first": day, "last": day, **fields}
    )


def test_the_lag_of_an_account_is_the_age_of_what_waits_longest(world: World, owner: Client) -> None:
    assert "nothing waits" in page(owner, "provider_list")
    for hours in (3, 1):
        waiting = world.delivery(state="received")
        at = clock.now(None) - timedelta(hours=hours)
        InboxEvent.objects.filter(id=waiting.id).update(received_at=at)
    world.delivery(state="parked")

    listed, shown = page(owner, "provider_list"), page(owner, "provider", world.account.id)

    assert "3 hours ago" in listed
    assert "2 wait" in listed
    assert "1 parked" in listed
    assert "3 hours ago" in shown
    assert "3 came" in shown or "2 came" in shown  # around midnight on two days


def test_the_list_asks_no_more_for_more_accounts(world: World, owner: Client) -> None:
    with statements_sent() as few:
        page(owner, "provider_list")
    for number in range(5):
        world.account = add_gateway_account(
            organization=world.organization,
            gateway="sandbox",
            label=f"Sandbox {number}",
            settings=SETTINGS,
            actor=SYSTEM,
        )
        world.delivery()
    with statements_sent() as many:
        page(owner, "provider_list")
    assert many.call_count <= few.call_count


@pytest.mark.parametrize("kind", ["compare", "replay"])
def test_asking_twice_is_one_question(world: World, owner: Client, kind: str) -> None:
    for _ in range(2):
        response = ask(owner, world, kind=kind, mend="on")
        asked = Inquiry.objects.get(organization=world.organization)
        assert response["Location"] == reverse("console:inquiry", args=[asked.id])  # type: ignore[index]  # a redirect
    assert (asked.kind, asked.state) == (kind, "queued")
    shown = page(owner, "inquiry", asked.id)
    assert "every 1s" in shown
    assert reverse("console:inquiry_stop", args=[asked.id]) in shown


def test_days_that_cannot_be_asked_for_are_refused_at_the_field(world: World, owner: Client) -> None:
    tomorrow = (clock.now(None) + timedelta(days=3)).date().isoformat()
    for fields, words in (
        ({"first": tomorrow, "last": tomorrow}, "still to come"),
        ({"first": "2026-03-02", "last": "2026-03-01"}, "must not be after"),
        ({"first": "1999-01-01"}, "a year at most"),
        ({"first": "0001-01-01", "last": "9999-12-31"}, "a year at most"),
        # No database could keep the first days of all: the page would have been unreadable for ever.
        ({"first": "0001-01-01", "last": "0001-01-03"}, "a time before 2000"),
        ({"first": "1969-12-30", "last": "1970-01-02"}, "a time before 2000"),
        ({"first": "nonsense"}, "valid date"),
    ):
        response = ask(owner, world, kind="compare", **fields)
        assert response.status_code == 422  # type: ignore[attr-defined]  # a response
        assert words in response.content.decode()  # type: ignore[attr-defined]  # a response
    assert not Inquiry.objects.exists()


def test_what_differs_is_told_with_both_sides_and_leads_to_the_payment(
    world: World, owner: Client, payment: Payment
) -> None:
    inquiry = world.inquiry(state="done")
    Inquiry.objects.filter(id=inquiry.id).update(found=2, mended=1, mend=True)
    for kind, mended in (("amount", False), ("missing_here", True)):
        Difference.objects.create(
            organization=world.organization,
            inquiry=inquiry,
            kind=kind,
            subject="charge",
            reference=f"ch_{kind}",
            payment_id=payment.id,
            ours={"state": "succeeded", "amount_minor": 9900, "fee_minor": 0, "currency": "EUR"},
            theirs={"state": "succeeded", "amount_minor": 10000, "fee_minor": 140, "currency": "EUR"},
            mended=mended,
            reason="" if mended else "The books keep facts.",
        )

    shown = page(owner, "inquiry", inquiry.id)

    for words in (
        "succeeded, €99.00",
        "succeeded, €100.00, fee €1.40",
        "1 difference is left",
        "The books keep facts.",
    ):
        assert words in shown
    assert reverse("console:payment", args=[payment.id]) in shown
    assert "every 1s" not in shown


def test_it_can_be_stopped_and_goes_on(world: World, owner: Client) -> None:
    inquiry = world.inquiry(state="running")
    for act, state in (("stop", "stopped"), ("stop", "stopped"), ("resume", "queued"), ("resume", "queued")):
        owner.post(reverse(f"console:inquiry_{act}", args=[inquiry.id]))
        inquiry.refresh_from_db()
        assert inquiry.state == state
