"""Acts on many customers, payments, refunds and payment links: each by the service that does it for one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.batch_acts import batch_acts
from allsquare.core.ids import new_id
from allsquare.customers.services.archive_customer import archive_customer
from allsquare.identity.roles import Role
from allsquare.payments.models import Payment, Refund
from allsquare.web.console.lists.looks import LOOKS
from tests.factories import make_customer
from tests.web.console.world import World

LATER = timedelta(hours=5)


def press(client: Client, name: str, act: str, ids: list[object]) -> tuple[str, str]:
    """What was asked, and what was said when it was done."""
    url = reverse(f"console:{name}")
    data: dict[str, object] = {"do": f"act:{act}", "ids": [str(each) for each in ids], "back": ""}
    asked = client.post(url, data).text
    fields = dict(re.findall(r'type="hidden" name="(key|back|ids)" value="([^"]*)"', asked))
    told = client.post(url, {"do": f"act:{act}", **fields}, follow=True)
    assert told.status_code == 200
    return asked, told.text


def test_every_act_stands_on_a_list() -> None:
    offered = {act.does for look in LOOKS.values() for act in look.acts}
    assert offered == batch_acts().keys()


def test_archived_customers_are_offered_again(world: World, owner: Client) -> None:
    gone = [make_customer(world.organization, name=f"Gone {place}") for place in range(2)]
    for each in gone:
        archive_customer(organization=world.organization, customer_id=each.id, actor=SYSTEM)
    asked, told = press(owner, "customer_list", "restore", [*(each.id for each in gone), world.customer.id])
    assert "Offer 2 customers again?" in asked
    assert "not archived" in asked
    assert "2 of 3 done" in told or "customers are offered again" in told
    for each in gone:
        each.refresh_from_db()
        assert each.archived_at is None


def test_payment_links_are_closed_and_opened(world: World, owner: Client) -> None:
    links = [world.payment_link(), world.payment_link()]
    ids: list[object] = [link.id for link in links]
    asked, told = press(owner, "payment_link_list", "close", ids)
    assert "Close 2 payment links?" in asked
    assert "2 payment links are closed." in told
    links[0].refresh_from_db()
    assert links[0].closed_at is not None
    asked, told = press(owner, "payment_link_list", "open", [links[0].id])
    assert "1 payment link sells again." in told
    links[0].refresh_from_db()
    assert links[0].closed_at is None


def _stuck(world: World, state: str) -> Payment:
    payment = world.paid(world.issued())
    Payment.objects.filter(id=payment.id).update(state=state, next_check_at=clock.now(None) + LATER)
    return payment


def test_providers_are_asked_again_about_what_is_open(world: World, owner: Client) -> None:
    """By the next sweep, which does not hold a transaction open while it waits for a provider."""
    open_ones = [_stuck(world, "unknown"), _stuck(world, "started")]
    paid = world.paid(world.issued())
    asked, _told = press(owner, "payment_list", "ask", [paid.id, *(each.id for each in open_ones)])
    assert "Ask the provider about 2 payments?" in asked
    assert "(succeeded)" in asked
    for each in open_ones:
        each.refresh_from_db()
        assert each.next_check_at is not None
        assert each.next_check_at <= clock.now(None)
    paid.refresh_from_db()
    assert paid.next_check_at is None


def test_providers_are_asked_again_about_refunds(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    made = [
        Refund.objects.create(
            organization=world.organization,
            payment=payment,
            currency=payment.currency,
            amount_minor=100,
            key=str(new_id()),
            state=state,
            next_check_at=clock.now(None) + LATER if state == "unknown" else None,
            created_at=clock.now(world.organization),
        )
        for state in ("unknown", "failed")
    ]
    asked, _told = press(owner, "refund_list", "ask", [each.id for each in made])
    assert "Ask the provider about 1 refund?" in asked
    for each in made:
        each.refresh_from_db()
    assert made[0].next_check_at is not None
    assert made[0].next_check_at <= clock.now(None)
    assert made[1].next_check_at is None


@pytest.mark.parametrize(
    ("name", "act"),
    [("payment_list", "ask"), ("customer_list", "restore"), ("payment_link_list", "close")],
)
def test_who_may_not_is_refused(world: World, name: str, act: str) -> None:
    data = {"do": f"act:{act}", "ids": str(new_id()), "key": "k"}
    assert world.client(Role.VIEWER).post(reverse(f"console:{name}"), data).status_code == 403
