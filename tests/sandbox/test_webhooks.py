"""The provider's side of webhooks: what is sent, when again, and how it misbehaves on order."""

from __future__ import annotations

import socket
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.sandbox_process import SandboxAccount, SandboxProcess
from tests.webhook_catcher import Caught, WebhookCatcher


@pytest.fixture
def merchant(sandbox: SandboxAccount, catcher: WebhookCatcher) -> SandboxAccount:
    sandbox.http.patch("/v1/account", json={"webhook_url": catcher.url}).raise_for_status()
    return sandbox


def good(merchant: SandboxAccount, delivery: Caught) -> bool:
    try:
        Webhook(merchant.webhook_secret).verify(delivery.body, delivery.headers)
    except WebhookVerificationError:
        return False
    return True


def settled(merchant: SandboxAccount) -> list[dict[str, object]]:
    """All deliveries, once none is waiting."""
    deadline = time.monotonic() + 60
    while merchant.get("/deliveries", state="waiting")["data"]:
        assert time.monotonic() < deadline, "deliveries are still waiting"
        time.sleep(0.05)
    found: list[dict[str, object]] = merchant.get("/deliveries")["data"]
    return found


def test_every_happening_is_told_in_order_with_a_good_signature(
    merchant: SandboxAccount, catcher: WebhookCatcher
) -> None:
    charge = merchant.paid(10_000)["id"]
    merchant.refund(charge, 400)
    dispute = merchant.control(f"/charges/{charge}/dispute")["id"]
    merchant.control(f"/disputes/{dispute}/win")
    merchant.control("/payouts")
    merchant.paid(number="4000 0001 0000 0001")
    debit = merchant.paid(method="bank_debit", number="DE75512108001245126199")["id"]
    merchant.control(f"/charges/{debit}/bounce")

    caught = catcher.wait(8)

    assert [each.event["type"] for each in caught] == [
        "charge.succeeded",
        "refund.succeeded",
        "dispute.opened",
        "dispute.won",
        "payout.paid",
        "charge.failed",
        "charge.pending",
        "charge.failed",
    ]
    assert all(good(merchant, each) for each in caught)
    assert all(each.headers["webhook-id"] == each.event["id"] for each in caught)
    assert len({each.event["id"] for each in caught}) == 8
    assert caught[0].event["data"]["id"] == charge


def test_what_is_not_taken_is_sent_again_with_the_same_id(
    merchant: SandboxAccount, catcher: WebhookCatcher
) -> None:
    catcher.answers = [500, 302, 404]

    merchant.paid()
    caught = catcher.wait(4)

    assert len({each.event["id"] for each in caught}) == 1
    (delivery,) = settled(merchant)
    assert (delivery["state"], delivery["tries"], delivery["last_status"]) == ("delivered", 4, 204)


def test_an_endpoint_that_is_down_gets_it_when_it_is_back(
    sandbox: SandboxAccount, catcher: WebhookCatcher
) -> None:
    sandbox.http.patch("/v1/account", json={"webhook_url": "http://127.0.0.1:1/"}).raise_for_status()
    sandbox.paid()
    deadline = time.monotonic() + 60
    while not sandbox.get("/deliveries")["data"][0]["last_error"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    sandbox.http.patch("/v1/account", json={"webhook_url": catcher.url}).raise_for_status()

    assert catcher.wait(1)[0].event["type"] == "charge.succeeded"


def test_one_endpoint_that_hangs_does_not_hold_up_others(
    sandbox_process: SandboxProcess, merchant: SandboxAccount, catcher: WebhookCatcher
) -> None:
    with socket.create_server(
        ("127.0.0.1", 0)
    ) as silent:  # connections succeed, and nothing is ever answered
        slow = sandbox_process.account(webhook_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        for _ in range(3):
            slow.paid()
        merchant.paid()

        assert catcher.wait(1, seconds=9)  # one that hangs has ten
        assert len(slow.get("/deliveries", state="waiting")["data"]) == 3


def test_an_event_can_be_sent_again_by_hand(merchant: SandboxAccount, catcher: WebhookCatcher) -> None:
    merchant.paid()
    first = catcher.wait(1)[0]

    merchant.control(f"/events/{first.event['id']}/resend")

    assert catcher.wait(2)[1].body == first.body


@pytest.mark.faults
def test_duplicates_have_one_id(merchant: SandboxAccount, catcher: WebhookCatcher) -> None:
    merchant.misbehave("webhook_duplicated", copies=10)

    merchant.paid()
    caught = catcher.wait(10)

    assert len({each.event["id"] for each in caught}) == 1
    assert all(good(merchant, each) for each in caught)


@pytest.mark.faults
def test_reordered_news_is_overtaken(merchant: SandboxAccount, catcher: WebhookCatcher) -> None:
    merchant.misbehave("webhook_reordered", seconds=3)  # in which the next thing happens

    charge = merchant.paid()["id"]
    merchant.refund(charge, 100)

    assert [each.event["type"] for each in catcher.wait(2)] == ["refund.succeeded", "charge.succeeded"]


@pytest.mark.faults
def test_a_forged_copy_comes_once_and_lies(merchant: SandboxAccount, catcher: WebhookCatcher) -> None:
    catcher.answers = [400]
    merchant.misbehave("webhook_forged")

    merchant.paid(1000)
    forged, true = catcher.wait(2)

    assert (good(merchant, forged), good(merchant, true)) == (False, True)
    assert forged.event["id"] == true.event["id"]
    assert (forged.event["data"]["amount"], true.event["data"]["amount"]) == (100_000, 1000)
    assert {each["flavour"]: each["state"] for each in settled(merchant)} == {
        "forged": "refused",
        "true": "delivered",
    }


@pytest.mark.faults
def test_a_late_copy_is_signed_well_but_too_old(merchant: SandboxAccount, catcher: WebhookCatcher) -> None:
    catcher.answers = [400]
    merchant.misbehave("webhook_late")

    merchant.paid()
    late, true = catcher.wait(2)

    assert int(true.headers["webhook-timestamp"]) - int(late.headers["webhook-timestamp"]) >= 300
    assert (good(merchant, late), good(merchant, true)) == (False, True)


@pytest.mark.faults
def test_a_dropped_webhook_never_comes_but_the_event_is_there(
    merchant: SandboxAccount, catcher: WebhookCatcher
) -> None:
    merchant.misbehave("webhook_dropped")

    dropped = merchant.paid()["id"]
    kept = merchant.paid()["id"]

    assert catcher.wait(1)[0].event["data"]["id"] == kept
    assert [each["state"] for each in settled(merchant)] == ["delivered", "dropped"]
    (event,) = merchant.get("/events", object_id=dropped)["data"]
    merchant.control(f"/events/{event['id']}/resend")
    assert catcher.wait(2)[1].event["data"]["id"] == dropped


@pytest.mark.parametrize("secret", ["", "x", "whsec_", "whsec_AAAA", "whsec_!!!!", "QUJD" * 8])
def test_a_weak_secret_is_refused(sandbox: SandboxAccount, secret: str) -> None:
    answer = sandbox.http.patch("/v1/account", json={"webhook_secret": secret})

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "webhook_secret")
