"""Saved methods at Stripe after they were saved: new cards, methods taken off there, references of mandates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from allsquare.core import clock
from allsquare.gateways.stripe import StripeGateway
from allsquare.payments.gateway import ChargeRequest, GatewayEvent, MethodKind, SavedMethod, Status, Subject
from allsquare.payments.gateway_abilities import NewsUnavailable
from tests.contracts.benches import money, stripe_gateway
from tests.fakes import stripe_server
from tests.fakes.http_server import Object
from tests.fakes.stripe_server import FakeStripe


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def gateway(fake: FakeStripe) -> StripeGateway:
    return stripe_gateway(fake.url)


def kept(fake: FakeStripe, gateway: StripeGateway, method: MethodKind = MethodKind.CARD) -> SavedMethod:
    first = gateway.start(
        ChargeRequest(
            key=uuid4(),
            amount=money(1000),
            method=method,
            description="Invoice 1",
            return_url="https://shop.example/back",
            save_method=True,
        )
    )
    fake.pay(first.reference)
    paid = gateway.look_up(key=first.key or uuid4(), reference=first.reference, subject=Subject.CHARGE)
    assert paid.method is not None
    return paid.method


def heard(event: Object) -> GatewayEvent:
    return GatewayEvent(event["id"], event["type"], event["data"]["object"]["id"], event)


NEW: Object = {"brand": "mastercard", "last4": "4444", "exp_year": 2033, "exp_month": 5}


def test_a_new_card_of_the_network_is_the_same_method(fake: FakeStripe, gateway: StripeGateway) -> None:
    token = kept(fake, gateway).token
    event = fake.replace_card(token.partition("/")[2], **NEW)

    first, again = (gateway.follow(heard(event)) for _ in range(2))

    for told in (first, again):
        (news,) = told
        assert (news.subject, news.status, news.reference) == (Subject.METHOD, Status.SUCCEEDED, token)
        assert news.method == SavedMethod(token, MethodKind.CARD, "mastercard", "4444", "2033-05")
    assert gateway.outcomes(heard(event)) == (), "its news is asked about"


def test_late_news_says_what_is_so_now(fake: FakeStripe, gateway: StripeGateway) -> None:
    token = kept(fake, gateway).token
    earlier = fake.replace_card(token.partition("/")[2], **{**NEW, "last4": "0001"})
    fake.replace_card(token.partition("/")[2], **NEW)
    (news,) = gateway.follow(heard(earlier))
    assert news.method is not None
    assert news.method.last_four == "4444"


def test_one_taken_off_there_is_kept_no_longer(fake: FakeStripe, gateway: StripeGateway) -> None:
    token = kept(fake, gateway).token
    event = fake.detach_there(token.partition("/")[2])
    (news,) = gateway.follow(heard(event))
    assert (news.status, news.reference) == (Status.DECLINED, token)


def test_one_without_a_customer_is_nothing_to_us(fake: FakeStripe, gateway: StripeGateway) -> None:
    event = fake.tell("payment_method.updated", {"id": "pm_1", "object": "payment_method", "customer": None})
    assert gateway.follow(heard(event)) == ()


def test_nonsense_and_silence_are_asked_about_again(fake: FakeStripe, gateway: StripeGateway) -> None:
    token = kept(fake, gateway).token
    event = fake.replace_card(token.partition("/")[2], **NEW)
    with pytest.raises(NewsUnavailable):
        gateway.follow(replace(heard(event), payload={"data": None}))
    fake.close()
    with pytest.raises(NewsUnavailable):
        stripe_gateway("http://127.0.0.1:1").follow(heard(event))


def test_a_lost_delivery_is_found_in_the_history(fake: FakeStripe, gateway: StripeGateway) -> None:
    token = kept(fake, gateway).token
    fake.replace_card(token.partition("/")[2], **NEW)
    seen = [each.outcome for each in gateway.since(clock.now(None) - timedelta(hours=1))]
    (news,) = [each for each in seen if each.subject is Subject.METHOD]
    assert (news.reference, news.status) == (token, Status.SUCCEEDED)
    assert seen[-1] is news, "methods come last"


def test_a_mandate_has_the_reference_that_the_bank_knows(fake: FakeStripe, gateway: StripeGateway) -> None:
    assert kept(fake, gateway, MethodKind.BANK_DEBIT).mandate == "REF-37040044"


def test_a_mandate_that_cannot_be_read_keeps_no_money_waiting(
    fake: FakeStripe, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(stripe_server._SHELVES, "mandates")
    assert kept(fake, gateway, MethodKind.BANK_DEBIT).mandate.startswith("mandate_")


def test_what_stripe_refuses_to_detach_needs_a_person(fake: FakeStripe, gateway: StripeGateway) -> None:
    token = kept(fake, gateway).token
    fake.stubborn = True
    told = gateway.forget(token)
    assert (told.status, told.reference) == (Status.DECLINED, token)
    assert "cannot be detached" in told.message
