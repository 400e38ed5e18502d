"""Readers at the sandbox: tips that they ask for, and cards that are kept."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.sandbox.test_panel import act, show
from tests.sandbox_process import SandboxAccount

VISA = "4242424242424242"
DECLINED = "4000000100000001"
WALLET = "4000007200000005"


def reader(sandbox: SandboxAccount) -> str:
    return str(sandbox.get("/readers")["data"][0]["id"])


def hold(sandbox: SandboxAccount, number: str = VISA, **more: Any) -> Any:
    return sandbox.control(f"/readers/{reader(sandbox)}/present", number=number, **more)


def test_a_tip_is_charged_on_top_with_its_fee_and_paid_out(sandbox: SandboxAccount) -> None:
    woken = sandbox.charge(1000, reader=reader(sandbox), tips=True)
    assert (woken["amount"], woken["asks_for_tip"], woken["tip"]) == (1000, True, 0)
    paid = hold(sandbox, tip=150)
    assert (paid["status"], paid["amount"], paid["tip"]) == ("succeeded", 1150, 150)
    assert paid["net"] == 1150 - paid["fee"]
    (books,) = sandbox.get("/books")["currencies"]
    assert books["charged"] == 1150
    assert sandbox.refund(paid["id"], 1150).status_code == 201


def test_who_gives_none_pays_what_was_asked(sandbox: SandboxAccount) -> None:
    sandbox.charge(1000, reader=reader(sandbox), tips=True)
    paid = hold(sandbox)
    assert (paid["amount"], paid["tip"]) == (1000, 0)


@pytest.mark.parametrize("tip", [-1, 1.5, "150", 10**16])
def test_what_is_no_tip(sandbox: SandboxAccount, tip: object) -> None:
    sandbox.charge(1000, reader=reader(sandbox), tips=True)
    told = sandbox.http.post(f"/control/readers/{reader(sandbox)}/present", json={"number": VISA, "tip": tip})
    assert told.status_code == 422
    assert hold(sandbox)["amount"] == 1000, "it waits still"


def test_where_it_asks_for_none_none_is_given(sandbox: SandboxAccount) -> None:
    waits = sandbox.charge(1000, reader=reader(sandbox))
    told = sandbox.http.post(f"/control/readers/{reader(sandbox)}/present", json={"number": VISA, "tip": 150})
    assert (told.status_code, told.json()["error"]["code"]) == (409, "no_tip_asked")
    assert sandbox.get(f"/charges/{waits['id']}")["status"] == "requires_action", "no card was read"


def test_only_a_reader_asks_for_a_tip(sandbox: SandboxAccount) -> None:
    body = {"amount": 1000, "currency": "EUR", "return_url": "http://shop.example/back", "tips": True}
    told = sandbox.http.post("/v1/charges", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert (told.status_code, told.json()["error"]["field"]) == (422, "tips")


def test_a_tip_of_a_card_that_is_declined_moves_nothing(sandbox: SandboxAccount) -> None:
    sandbox.charge(1000, reader=reader(sandbox), tips=True)
    told = hold(sandbox, DECLINED, tip=150)
    assert (told["status"], told["amount"] - told["tip"]) == ("failed", 1000)
    assert sandbox.get("/books")["currencies"] == []


def test_what_is_kept_and_what_cannot_be(sandbox: SandboxAccount) -> None:
    sandbox.charge(1000, reader=reader(sandbox), save_method=True)
    token = hold(sandbox)["payment_method"]["token"]
    assert sandbox.charge(700, saved_method=token)["status"] == "succeeded"
    sandbox.charge(1000, reader=reader(sandbox), save_method=True)
    wallet = hold(sandbox, WALLET)
    assert (wallet["status"], wallet["payment_method"]["token"]) == ("succeeded", "")
    sandbox.charge(1000, reader=reader(sandbox))
    assert hold(sandbox)["payment_method"]["token"] == "", "nobody asked to"


def test_the_panel_gives_a_tip_where_it_is_asked_for(sandbox: SandboxAccount) -> None:
    sandbox.charge(1000, reader=reader(sandbox))
    assert 'name="tip"' not in show(sandbox, "readers")
    hold(sandbox)
    woken = sandbox.charge(1000, reader=reader(sandbox), tips=True)
    assert 'name="tip"' in show(sandbox, "readers")
    act(sandbox, "present", id=reader(sandbox), number=VISA, tip="150")
    assert sandbox.get(f"/charges/{woken['id']}")["amount"] == 1150
