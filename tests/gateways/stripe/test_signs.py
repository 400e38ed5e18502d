"""What Stripe says of a card and its risk, and how its payer's bank is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.gateways.stripe import objects, requests
from allsquare.gateways.stripe.api import StripeApi
from allsquare.gateways.stripe.declines import counted
from allsquare.payments.gateway import ChargeRequest, MethodKind, Outcome, Signs, Status, Subject
from tests.contracts.benches import stripe_gateway
from tests.fakes.stripe_server import FakeStripe

CARD = {"type": "card", "card": {"fingerprint": "Xt5EWLLDS7FJjR1c", "country": "BR", "last4": "4242"}}


def declined(**charge: Any) -> dict[str, Any]:
    """A payment intent whose card was declined."""
    return {
        "id": "pi_1",
        "status": "requires_payment_method",
        "created": 1_790_000_000,
        "last_payment_error": {"code": "card_declined"},
        "latest_charge": charge,
    }


@pytest.mark.parametrize(
    ("outcome", "score"),
    [
        ({"risk_level": "elevated", "risk_score": 66}, 66),
        ({"risk_level": "highest"}, 75),
        ({"risk_level": "normal"}, 0),
        ({"risk_level": "not_assessed"}, None),
        ({}, None),
    ],
)
def test_the_score_is_radars_or_what_its_level_begins_with(
    outcome: dict[str, Any], score: int | None
) -> None:
    told = objects.intent_of(declined(payment_method_details=CARD, outcome=outcome))
    assert told.signs == Signs(score=score, fingerprint="Xt5EWLLDS7FJjR1c", country="BR")


@pytest.mark.parametrize("charge", [None, "ch_1", {}, {"payment_method_details": {"type": "sepa_debit"}}])
def test_what_says_nothing_is_nothing(charge: object) -> None:
    assert objects.intent_of({**declined(), "latest_charge": charge}).signs is None


@pytest.mark.parametrize("build", [requests.page, requests.saved])
@pytest.mark.parametrize(
    ("method", "challenge", "asked"),
    [
        (MethodKind.CARD, True, {"card": {"request_three_d_secure": "any"}}),
        (MethodKind.CARD, False, None),
        (MethodKind.BANK_DEBIT, True, None),
    ],
)
def test_the_bank_is_asked_for_where_a_card_is_challenged(
    build: Any, method: MethodKind, challenge: bool, asked: object
) -> None:
    request = ChargeRequest(
        key=new_id(),
        amount=Money(500, currency("EUR")),
        method=method,
        description="Invoice",
        return_url="https://shop.example/back",
        saved_method="cus_1/pm_1",
        challenge=challenge,
    )
    assert build(request, 500).get("payment_method_options") == asked


def test_every_card_that_was_declined_on_the_page_is_counted() -> None:
    fake = FakeStripe()
    try:
        gateway = stripe_gateway(fake.url)
        key = new_id()
        page = gateway.start(
            ChargeRequest(
                key=key,
                amount=Money(500, currency("EUR")),
                method=MethodKind.CARD,
                description="Invoice",
                return_url="https://shop.example/back",
            )
        )
        for number in range(3):
            fake.decline_on_page(page.reference, f"card-{number}")
        seen = gateway.look_up(key=key, reference=page.reference, subject=Subject.CHARGE)
        assert (seen.status, seen.declines) == (Status.ACTION_REQUIRED, 3)
        assert seen.signs == Signs(fingerprint="card-2", country="DE")
        ended = gateway.close(key=key, reference=page.reference)
        assert (ended.status, ended.code) == (Status.DECLINED, "canceled")
    finally:
        fake.close()


def test_a_key_that_may_not_list_charges_counts_one_and_keeps_the_news() -> None:
    told = Outcome(Subject.CHARGE, Status.ACTION_REQUIRED, "stripe", reference="cs_1")
    nobody = StripeApi("sk_test_x", "http://127.0.0.1:9")
    intent = {"id": "pi_1", "last_payment_error": {"code": "card_declined"}}
    assert counted(nobody, intent, told) == replace(told, declines=1)
    assert counted(nobody, {"id": "pi_1", "last_payment_error": None}, told) == told
    assert counted(nobody, "pi_1", told) == told
