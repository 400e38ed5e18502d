"""Requests that go wrong on order."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.sandbox_process import SandboxAccount

pytestmark = pytest.mark.faults


def ask(sandbox: SandboxAccount, path: str = "/v1/charges", **body: Any) -> httpx.Response:
    filled = {"amount": 1000, "currency": "EUR", "return_url": "http://shop.example/", **body}
    return sandbox.http.post(path, json=filled, headers={"Idempotency-Key": str(uuid4())})


def made(sandbox: SandboxAccount) -> int:
    return len(sandbox.get("/charges", limit="100")["data"])


@pytest.mark.parametrize(("kind", "charges"), [("reply_lost", 1), ("request_lost", 0)])
def test_the_connection_really_breaks(sandbox: SandboxAccount, kind: str, charges: int) -> None:
    sandbox.misbehave(kind)

    with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
        ask(sandbox)

    assert made(sandbox) == charges
    assert ask(sandbox).status_code == 201  # once means once


@pytest.mark.parametrize(("kind", "charges"), [("error_after", 1), ("error_before", 0)])
def test_a_server_error_before_or_after(sandbox: SandboxAccount, kind: str, charges: int) -> None:
    sandbox.misbehave(kind)

    assert ask(sandbox).status_code == 500
    assert made(sandbox) == charges


def test_a_slow_answer_comes_when_the_work_was_long_done(sandbox: SandboxAccount) -> None:
    sandbox.misbehave("slow", seconds=0.6)
    before = time.monotonic()

    assert ask(sandbox).status_code == 201
    assert time.monotonic() - before >= 0.6


def test_the_scope_says_which_requests_are_meant(sandbox: SandboxAccount) -> None:
    charge = sandbox.paid()["id"]
    sandbox.misbehave("error_before", scope="refunds")

    assert ask(sandbox).status_code == 201
    assert sandbox.http.get("/v1/charges").status_code == 200
    assert sandbox.refund(charge, 1).status_code == 500
    assert sandbox.refund(charge, 1).status_code == 201

    sandbox.misbehave("error_before", scope="reads")
    assert sandbox.http.get("/v1/books").status_code == 500


def test_dice_with_the_same_seed_fall_alike(sandbox: SandboxAccount) -> None:
    def run() -> list[int]:
        order = sandbox.misbehave("error_before", probability=0.5, count=0, seed=7)
        fallen = [ask(sandbox).status_code for _ in range(20)]
        sandbox.http.delete(f"/control/mischief/{order['id']}").raise_for_status()
        return fallen

    first, second = run(), run()

    assert first == second
    assert set(first) == {201, 500}


def test_until_it_is_cleared(sandbox: SandboxAccount) -> None:
    sandbox.misbehave("error_before", count=0)
    assert [ask(sandbox).status_code for _ in range(3)] == [500, 500, 500]

    assert sandbox.http.delete("/control/mischief").json() == {"cleared": 1}

    assert ask(sandbox).status_code == 201


def test_control_never_misbehaves(sandbox: SandboxAccount) -> None:
    for kind in ("request_lost", "error_before"):
        sandbox.misbehave(kind, scope="all", count=0)

    assert {order["kind"] for order in sandbox.http.get("/control/mischief").json()["data"]} == {
        "request_lost",
        "error_before",
    }


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "explode"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "probability": 2},
        {"kind": "slow", "count": -1},
        {"kind": "slow", "scope": "everything"},
        {"kind": "slow", "often": 3},
        {},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(sandbox: SandboxAccount, order: dict[str, Any]) -> None:
    assert sandbox.http.post("/control/mischief", json=order).status_code == 422
    assert sandbox.http.get("/control/mischief").json()["data"] == []
