"""Which news is about one object, so that it is asked for once."""

from __future__ import annotations

import pytest

from allsquare.gateways.gocardless.adapter import GoCardlessGateway
from allsquare.gateways.paypal.adapter import PayPalGateway
from allsquare.gateways.stripe.adapter import StripeGateway
from allsquare.payments.gateway import GatewayEvent
from allsquare.payments.gateway_abilities import HintingGateway

STRIPE = StripeGateway({"api_key": "sk_test_1"})
GOCARDLESS = GoCardlessGateway({"access_token": "sandbox_1"})
PAYPAL = PayPalGateway({"client_id": "a", "client_secret": "b", "environment": "sandbox"})


def event(kind: str, name: str, payload: object = None) -> GatewayEvent:
    return GatewayEvent("evt_1", kind, name, payload, None)  # type: ignore[arg-type]  # what anybody may send


def test_a_page_of_stripe_and_what_was_paid_there_are_one_object() -> None:
    page = {"data": {"object": {"id": "cs_1", "payment_intent": "pi_1"}}}
    paid = STRIPE.about(event("checkout.session.completed", "cs_1", page))
    assert paid == STRIPE.about(event("payment_intent.succeeded", "pi_1", {}))
    assert paid != STRIPE.about(event("payment_intent.succeeded", "pi_2", {}))
    left = {"data": {"object": {"id": "cs_1", "payment_intent": None}}}
    assert STRIPE.about(event("checkout.session.expired", "cs_1", left)) not in (None, paid)
    assert STRIPE.about(event("refund.updated", "pi_1", {})) not in (None, paid)


def test_each_change_of_an_object_of_gocardless_is_about_that() -> None:
    confirmed = GOCARDLESS.about(event("payments.confirmed", "PM1"))
    assert confirmed == GOCARDLESS.about(event("payments.paid_out", "PM1"))
    assert confirmed != GOCARDLESS.about(event("payments.confirmed", "PM2"))
    assert confirmed != GOCARDLESS.about(event("refunds.paid", "PM1"))


def test_an_object_of_paypal_is_known_with_its_label_and_what_was_reversed_goes_by_itself() -> None:
    ours = {"resource": {"custom_id": "ours"}}
    pending = PAYPAL.about(event("PAYMENT.CAPTURE.PENDING", "1", ours))
    assert pending == PAYPAL.about(event("PAYMENT.CAPTURE.COMPLETED", "1", ours))
    assert pending != PAYPAL.about(event("PAYMENT.CAPTURE.COMPLETED", "1", {"resource": {}}))
    assert PAYPAL.about(event("PAYMENT.CAPTURE.REVERSED", "1", ours)) is None


@pytest.mark.parametrize("speaker", [STRIPE, GOCARDLESS, PAYPAL])
@pytest.mark.parametrize(
    "kind", ["checkout.session.completed", "payments.confirmed", "PAYMENT.CAPTURE.PENDING"]
)
@pytest.mark.parametrize("payload", [{}, {"data": 1}, {"resource": []}, {"resource": {"custom_id": [{}]}}])
def test_nonsense_raises_nothing(speaker: HintingGateway, kind: str, payload: object) -> None:
    hash(speaker.about(event(kind, "cs_1", payload)))
    hash(speaker.about(event(kind, "", {"data": {"object": {"payment_intent": {}}}})))
