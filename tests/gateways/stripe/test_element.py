"""Stripe's fields within our page, beyond what the conformance suite asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from allsquare.core.errors import FieldErrors
from allsquare.gateways.stripe import StripeGateway, element
from allsquare.payments.gateway import ChargeRequest, GatewayEvent, MethodKind, Outcome, Status, Subject
from tests.contracts.benches import ELEMENT, money, stripe_gateway
from tests.fakes import stripe_element, stripe_server
from tests.fakes.stripe_server import FakeStripe


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def gateway(fake: FakeStripe) -> StripeGateway:
    return stripe_gateway(fake.url, **ELEMENT)


def asked(code: str = "EUR", **more: Any) -> ChargeRequest:
    request = ChargeRequest(
        key=uuid4(),
        amount=money(1000, code),
        method=MethodKind.CARD,
        description="Invoice 2026-0042",
        return_url="http://shop.example/back",
        customer_email="ada@example.org",
        customer_name="Ada",
    )
    return replace(request, **more)


def looked_up(gateway: StripeGateway, outcome: Outcome, *, act: bool = True) -> Outcome:
    key = outcome.key or uuid4()
    return gateway.look_up(key=key, reference=outcome.reference, subject=Subject.CHARGE, act=act)


def told(gateway: StripeGateway, kind: str, name: str) -> Outcome:
    event = GatewayEvent("evt_1", kind, name, {"data": {"object": {"id": name}}})
    (outcome,) = gateway.follow(event)
    return outcome


def test_an_intent_is_asked_for_as_the_payer_chose(fake: FakeStripe, gateway: StripeGateway) -> None:
    begun = gateway.start(asked(challenge=True))
    intent = fake.objects[begun.reference]
    assert (begun.status, begun.redirect) == (Status.ACTION_REQUIRED, "")
    assert intent["payment_method_types"] == ["card"]
    assert intent["payment_method_options"] == {"card": {"request_three_d_secure": "any"}}
    assert intent["metadata"]["via"] == "element"
    assert (intent["customer"], intent["setup_future_usage"]) == (None, None)
    debit = gateway.start(asked(method=MethodKind.BANK_DEBIT, challenge=True))
    assert fake.objects[debit.reference]["payment_method_types"] == ["sepa_debit"]
    assert fake.objects[debit.reference]["payment_method_options"] == {}


def test_a_bacs_debit_is_ordered_on_the_page_of_stripe(gateway: StripeGateway) -> None:
    assert gateway.start(asked("GBP", method=MethodKind.BANK_DEBIT)).redirect.startswith("https://checkout")
    assert gateway.start(asked("GBP")).redirect == ""


def test_without_the_choice_nothing_changes(fake: FakeStripe) -> None:
    for settings in (
        {},
        {"entry": "hosted"},
        {"publishable_key": "pk_test_1"},
        {**ELEMENT, "entry": "hosted"},
    ):
        hosted = stripe_gateway(fake.url, **settings)
        begun = hosted.start(asked())
        assert begun.redirect.startswith("https://checkout")
        assert hosted.fields(begun.reference) is None


def test_who_keeps_the_card_becomes_a_customer_first_and_once(
    fake: FakeStripe, gateway: StripeGateway
) -> None:
    request = asked(save_method=True)
    fake.lose_later = (1, "reply")  # that of the intent
    assert gateway.start(request).status is Status.UNKNOWN
    begun = gateway.start(request)
    (customer,) = [each for each in fake.objects.values() if each["object"] == "customer"]
    assert customer["email"] == "ada@example.org"
    assert str(uuid5(request.key, "customer")) in fake.answers
    fake.element.pay(begun.reference)
    method = looked_up(gateway, begun).method
    assert method
    assert method.token.startswith(f"{customer['id']}/pm_")


@pytest.mark.parametrize("lost", ["reply", "request"])
def test_without_a_customer_nothing_was_asked_for(
    fake: FakeStripe, gateway: StripeGateway, lost: str
) -> None:
    fake.lose = lost
    assert gateway.start(asked(save_method=True)).status is Status.NOT_SENT
    assert not [each for each in fake.objects.values() if each["object"] == "payment_intent"]


def test_a_declined_card_may_be_followed_by_another_one(fake: FakeStripe, gateway: StripeGateway) -> None:
    """Saying *declined* would let the payer begin a second payment, and pay both."""
    begun = gateway.start(asked())
    fake.element.decline(begun.reference)
    heard = told(gateway, "payment_intent.payment_failed", begun.reference)
    assert (heard.status, heard.redirect, heard.key) == (Status.ACTION_REQUIRED, "", begun.key)
    fields = gateway.fields(begun.reference)
    assert fields
    assert (fields.code, fields.message) == ("insufficient_funds", "Your card has insufficient funds.")
    fake.element.pay(begun.reference)
    assert told(gateway, "payment_intent.succeeded", begun.reference).status is Status.SUCCEEDED
    assert gateway.fields(begun.reference) is None


def test_while_the_bank_asks_the_page_stays_open(fake: FakeStripe, gateway: StripeGateway) -> None:
    begun = gateway.start(asked())
    action = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://hooks.stripe.com/3d"}}
    fake.objects[begun.reference].update(status="requires_action", next_action=action)
    assert looked_up(gateway, begun).status is Status.ACTION_REQUIRED
    assert gateway.fields(begun.reference)
    fake.objects[begun.reference]["next_action"] = {"type": "verify_with_microdeposits"}
    assert looked_up(gateway, begun).status is Status.PENDING
    assert gateway.fields(begun.reference) is None


def test_a_page_left_open_over_night_is_canceled(fake: FakeStripe, gateway: StripeGateway) -> None:
    begun = gateway.start(asked())
    intent = fake.objects[begun.reference]
    intent["created"] -= int((element.VALIDITY - timedelta(minutes=1)).total_seconds())
    assert looked_up(gateway, begun).code == ""
    assert gateway.fields(begun.reference)
    intent["created"] -= 120
    assert gateway.fields(begun.reference) is None
    only_asked = looked_up(gateway, begun, act=False)
    assert (only_asked.status, intent["status"]) == (Status.ACTION_REQUIRED, "requires_payment_method")
    ended = looked_up(gateway, begun)
    assert (ended.status, ended.code, intent["status"]) == (Status.DECLINED, "canceled", "canceled")


def test_it_is_closed_unless_the_payer_was_faster(fake: FakeStripe, gateway: StripeGateway) -> None:
    left, declined, done = (gateway.start(asked()) for _ in range(3))
    fake.element.decline(declined.reference)
    fake.element.pay(done.reference)
    for each in (left, declined):
        for _ in range(2):
            closed = gateway.close(key=each.key or uuid4(), reference=each.reference)
            assert (closed.status, closed.code, closed.key) == (Status.DECLINED, "canceled", each.key)
    assert gateway.close(key=done.key or uuid4(), reference=done.reference).status is Status.SUCCEEDED


@pytest.mark.parametrize("by_news", [True, False])
def test_a_debit_that_bounces_is_over_and_takes_no_second_one(
    fake: FakeStripe, gateway: StripeGateway, by_news: bool
) -> None:
    begun = gateway.start(asked(method=MethodKind.BANK_DEBIT))
    fake.element.order_debit(begun.reference)
    assert looked_up(gateway, begun).status is Status.PENDING
    fake.bounce(begun.reference)
    kind = "payment_intent.payment_failed"
    bounced = told(gateway, kind, begun.reference) if by_news else looked_up(gateway, begun)
    assert (bounced.status, bounced.code) == (Status.DECLINED, "insufficient_funds")
    assert gateway.fields(begun.reference) is None
    assert fake.objects[begun.reference]["status"] == "canceled"


def test_only_stripe_itself_is_let_in(fake: FakeStripe, gateway: StripeGateway) -> None:
    begun = gateway.start(asked())
    here = gateway.fields(begun.reference)
    assert here
    assert here.script == f"{fake.url}/v3/"
    assert {source for sources in here.sources.values() for source in sources} == {fake.url}
    there = element.fields(gateway._api, "pk_test_1", "", begun.reference)
    assert there
    assert there.script == "https://js.stripe.com/v3/"
    assert dict(there.sources) == {
        "script-src": ("https://js.stripe.com", "https://*.js.stripe.com"),
        "frame-src": ("https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"),
        "connect-src": ("https://api.stripe.com",),
    }


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"entry": "embedded"}, "Fields within our page need the publishable key"),
        ({"entry": "embedded", "publishable_key": "sk_test_1"}, "Give the publishable key"),
        ({"publishable_key": "pk_test 1"}, "Give the publishable key"),
        ({"entry": "embedded", "publishable_key": "pk_live_1"}, "One of the two keys is for tests"),
        ({"publishable_key": "pk_test_1", "api_key": "rk_live_1"}, "One of the two keys is for tests"),
        ({"entry": "embedded", "publishable_key": "pk_test_1"}, ""),
        ({}, ""),
    ],
)
def test_keys_that_cannot_be(settings: Mapping[str, str], words: str) -> None:
    given = {"api_key": "sk_test_1", **settings}
    if not words:
        StripeGateway(given)
        return
    with pytest.raises(FieldErrors) as refused:
        StripeGateway(given)
    assert str(refused.value.errors["publishable_key"]).startswith(words)


@pytest.mark.parametrize("used", [True, False])
def test_the_connection_is_tested_with_the_publishable_key(fake: FakeStripe, used: bool) -> None:
    if used:
        stripe_gateway(fake.url, **ELEMENT).start(asked())

    def checkup(key: str) -> tuple[bool, str, str]:
        found = stripe_gateway(fake.url, **{**ELEMENT, "publishable_key": key}).check()
        return found.works, found.field, str(found.message)

    works, field, _said = checkup(stripe_element.PUBLISHABLE)
    assert (works, field) == (True, "")
    works, field, said = checkup("pk_test_of_nobody")
    assert (works, field) == (False, "publishable_key")
    assert "does not know this publishable key" in said
    works, field, said = checkup(stripe_element.OF_ANOTHER)
    # Before the first payment there is nothing by which two accounts could be told apart.
    assert (works, field) == ((False, "publishable_key") if used else (True, ""))


def test_what_is_no_intent_of_ours_has_no_fields(fake: FakeStripe, gateway: StripeGateway) -> None:
    other = fake._make_intent(1000, "eur", {"attempt": str(UUID(int=1))})
    assert gateway.fields(str(other["id"])) is None
    assert gateway.fields("cs_test_1") is None
    assert gateway.fields("") is None
