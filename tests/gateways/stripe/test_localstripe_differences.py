"""Where localstripe is not like Stripe: each difference with a test that it is still there, so that this stays true.
Nothing in Allsquare gives way to any of it.

The first half is put right by ``tests.localstripe_process.Bridge``, on the way. The second cannot be: there our own
server (``tests/fakes/stripe_server.py``), which does what Stripe documents, is what the adapter is tested against.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from allsquare.gateways.stripe import StripeGateway
from allsquare.payments.gateway import ChargeRequest, MethodKind, Status
from tests.contracts.benches import money
from tests.gateways.stripe.test_localstripe import DECLINED
from tests.localstripe_process import (
    KEY,
    NO_LISTS,
    UNKNOWN_EXPANSIONS,
    UNKNOWN_FIELDS,
    WITHOUT_TIME,
    LocalStripe,
)


def intent(localstripe: LocalStripe, token: str = "", **more: str) -> httpx.Response:
    """A charge of a kept card, as Stripe takes it; whatever localstripe says."""
    customer, _slash, method = (token or localstripe.kept_card()).partition("/")
    fields = {"amount": "1000", "currency": "eur", "customer": customer, "payment_method": method}
    return localstripe.http.post("/v1/payment_intents", data={**fields, "confirm": "true", **more})


def paid(localstripe: LocalStripe, **more: str) -> Any:
    return intent(localstripe, **more).raise_for_status().json()


# Put right by the bridge.


@pytest.mark.parametrize("field", UNKNOWN_FIELDS)
def test_it_refuses_fields_that_stripe_takes(localstripe: LocalStripe, field: str) -> None:
    told = intent(localstripe, **{field: "https://shop.example/back"})
    assert (told.status_code, told.json()["error"]["message"]) == (400, f"Unexpected {field}")


@pytest.mark.parametrize("field", ["amount_received", "payment_method_types"])
def test_it_leaves_fields_out_that_stripe_always_has(localstripe: LocalStripe, field: str) -> None:
    assert field not in paid(localstripe, **{"payment_method_types[0]": "card"})


@pytest.mark.parametrize("path", sorted(NO_LISTS))
def test_it_has_no_checkout_and_no_disputes(localstripe: LocalStripe, path: str) -> None:
    told = localstripe.http.get(path)
    assert (told.status_code, told.headers["content-type"].partition(";")[0]) == (404, "text/plain")


@pytest.mark.parametrize("path", sorted(WITHOUT_TIME))
def test_its_lists_cannot_be_asked_for_a_time(localstripe: LocalStripe, path: str) -> None:
    assert localstripe.http.get(path, params={"created[gte]": "1"}).status_code in (400, 500)


def test_its_lists_are_oldest_first(localstripe: LocalStripe) -> None:
    made = [paid(localstripe)["id"] for _time in range(2)]
    listed = [each["id"] for each in localstripe.get("/payment_intents", limit="1000")["data"]]
    assert [name for name in listed if name in made] == made


def test_a_payouts_movement_does_not_exist(localstripe: LocalStripe) -> None:
    sent = localstripe.post("/payouts", {"amount": "100", "currency": "eur"})
    told = localstripe.http.get(f"/v1/payouts/{sent['id']}", params={"expand[0]": "balance_transaction"})
    assert told.status_code == 404


def test_a_refund_knows_no_movement_of_its_failure(localstripe: LocalStripe) -> None:
    given = localstripe.post("/refunds", {"payment_intent": paid(localstripe)["id"], "amount": "100"})
    (name,) = UNKNOWN_EXPANSIONS
    told = localstripe.http.get(f"/v1/refunds/{given['id']}", params={"expand[0]": name})
    assert (told.status_code, told.json()["error"]["message"]) == (400, f"Bad expand '{name}'")


# What no bridge can put right.


def test_it_ignores_idempotency_keys(localstripe: LocalStripe) -> None:
    """So nothing that is asked twice may be tried here: it would be charged twice."""
    customer, _slash, method = localstripe.kept_card().partition("/")
    fields = {"amount": "1000", "currency": "eur", "customer": customer, "payment_method": method}
    names = {
        localstripe.http.post("/v1/payment_intents", data=fields, headers={"Idempotency-Key": "1"}).json()[
            "id"
        ]
        for _time in range(2)
    }
    assert len(names) == 2


def test_it_gives_back_more_than_came(localstripe: LocalStripe) -> None:
    """Stripe refuses. That we never ask is tested with our own books."""
    given = localstripe.post("/refunds", {"payment_intent": paid(localstripe)["id"], "amount": "5000"})
    assert (given["status"], given["amount"]) == ("succeeded", 5000)


def test_it_charges_a_card_that_was_taken_off(localstripe: LocalStripe) -> None:
    token = localstripe.kept_card()
    for _time in range(2):  # and takes it off as often as it is asked, which Stripe refuses
        localstripe.post(f"/payment_methods/{token.partition('/')[2]}/detach")
    assert intent(localstripe, token).json()["status"] == "succeeded"


def test_it_takes_any_key(localstripe: LocalStripe) -> None:
    """That looks like one: keys are neither wrong nor revoked, but restricted ones are unknown."""
    statuses = [
        httpx.get(
            f"{localstripe.url}/v1/balance", headers={"Authorization": f"Bearer {key}"}, trust_env=False
        ).status_code
        for key in (KEY, "sk_whatever", "rk_restricted")
    ]
    assert statuses == [200, 200, 401]


def test_it_takes_any_amount_in_any_currency(localstripe: LocalStripe) -> None:
    """Stripe has a least and a highest amount for each, and knows which currencies there are."""
    assert paid(localstripe, amount="1")["status"] == "succeeded"
    assert paid(localstripe, currency="moon")["status"] == "succeeded"


def test_an_absent_payer_is_asked_by_their_bank_all_the_same(localstripe: LocalStripe) -> None:
    """Stripe declines with ``authentication_required``."""
    token = localstripe.kept_card("4000002500003155")
    told = intent(localstripe, token, off_session="true")
    assert (told.status_code, told.json()["status"]) == (200, "requires_action")


def test_it_never_leads_a_payer_to_their_bank(localstripe: LocalStripe) -> None:
    """Its next action is for its own script; Stripe gives an address once it was told where to come back to."""
    told = paid(localstripe, token=localstripe.kept_card("4000002500003155"))
    assert told["next_action"]["type"] == "use_stripe_sdk"


def test_a_decline_neither_names_its_payment_nor_its_reason(localstripe: LocalStripe) -> None:
    """Stripe's ``card_error`` carries the intent and a ``decline_code``."""
    error = intent(localstripe, localstripe.kept_card(DECLINED)).json()["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "card_declined")
    assert not {"payment_intent", "decline_code"} & set(error)


def test_it_takes_no_fee_and_turns_no_money(localstripe: LocalStripe) -> None:
    name = paid(localstripe, currency="usd")["latest_charge"]["balance_transaction"]
    movement = localstripe.get(f"/balance_transactions/{name}")
    assert (movement["fee"], movement["currency"], movement["exchange_rate"]) == (0, "usd", 1.0)


def test_a_charge_says_nothing_of_its_card(localstripe: LocalStripe) -> None:
    """Neither brand nor fingerprint, neither Radar's score nor a mandate."""
    assert not {"payment_method_details", "outcome"} & set(paid(localstripe)["latest_charge"])


def test_a_payout_contains_nothing(localstripe: LocalStripe) -> None:
    assert localstripe.post("/payouts", {"amount": "100", "currency": "eur"})["automatic"] is False
    told = localstripe.http.get("/v1/balance_transactions", params={"payout": "po_1"})
    assert told.status_code == 400
    assert localstripe.http.post("/v1/payouts", data={"amount": "100", "currency": "usd"}).status_code == 400


def test_refunds_make_no_news(localstripe: LocalStripe) -> None:
    given = localstripe.post("/refunds", {"payment_intent": paid(localstripe)["id"], "amount": "100"})
    news = localstripe.get("/events", limit="1000")["data"]
    assert given["id"] not in {each["data"]["object"].get("id") for each in news}


@pytest.mark.parametrize("path", ["/v1/account", "/v1/terminal/readers", "/v1/mandates/mandate_1"])
def test_it_has_none_of_these(localstripe: LocalStripe, path: str) -> None:
    assert localstripe.http.get(path).status_code == 404


def test_there_is_no_page_to_send_a_payer_to(localstripe: LocalStripe) -> None:
    """And the adapter does not take that for a refusal."""
    request = ChargeRequest(
        key=uuid4(),
        amount=money(1000),
        method=MethodKind.CARD,
        description="",
        return_url="https://shop.example/back",
    )
    raw = StripeGateway({"api_key": KEY, "base_url": localstripe.url})
    assert raw.start(request).status is Status.UNKNOWN
    assert raw.check().works is False
