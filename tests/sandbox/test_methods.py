"""Saved methods at the sandbox: their banks replace cards, somebody ends them, and the merchant hears of it."""

from __future__ import annotations

import pytest

from allsquare.gateways.sandbox.objects import read
from allsquare.payments.gateway import Status, Subject
from tests.sandbox_process import SandboxAccount


def news(sandbox: SandboxAccount) -> list[dict[str, object]]:
    return [event for event in sandbox.get("/events")["data"] if str(event["type"]).startswith("method.")]


def test_a_bank_replaces_a_card(sandbox: SandboxAccount) -> None:
    token = sandbox.paid(save_method=True)["payment_method"]["token"]

    sandbox.control(f"/methods/{token}/replace", number="5555555555554444", expires="2031-05")

    (event,) = news(sandbox)
    heard = read(Subject.METHOD, event["data"])
    assert (event["type"], heard.status, heard.reference) == ("method.updated", Status.SUCCEEDED, token)
    assert heard.method is not None
    assert (heard.method.brand, heard.method.last_four, heard.method.expires) == (
        "mastercard",
        "4444",
        "2031-05",
    )
    again = sandbox.charge(700, saved_method=token)
    assert (again["status"], again["payment_method"]["last4"]) == ("succeeded", "4444")


def test_a_method_is_kept_under_another_token(sandbox: SandboxAccount) -> None:
    token = sandbox.paid(save_method=True)["payment_method"]["token"]

    made = sandbox.control(
        f"/methods/{token}/replace", number="5555555555554444", expires="2031-05", new_token=True
    )

    (event,) = news(sandbox)
    heard = read(Subject.METHOD, event["data"])
    assert (event["type"], heard.status, heard.reference) == ("method.replaced", Status.SUCCEEDED, token)
    assert heard.method is not None
    assert (heard.method.token, heard.method.last_four) == (made["token"], "4444")
    assert made["token"] != token
    assert sandbox.get(f"/methods/{token}")["replaced_by"] == made["token"]
    assert sandbox.charge(700, saved_method=made["token"])["status"] == "succeeded"


def test_a_debit_moves_to_another_account(sandbox: SandboxAccount) -> None:
    charge = sandbox.charge(1000, method="bank_debit", save_method=True)
    sandbox.control(f"/charges/{charge['id']}/pay", number="DE89370400440532013000")
    token = sandbox.get(f"/charges/{charge['id']}")["payment_method"]["token"]
    sandbox.control(f"/methods/{token}/replace", number="NL91ABNA0417164300")
    (event,) = news(sandbox)
    assert (event["data"]["last4"], event["data"]["token"]) == ("4300", token)  # type: ignore[index]  # what JSON holds


def test_a_method_ends_once(sandbox: SandboxAccount) -> None:
    token = sandbox.paid(save_method=True)["payment_method"]["token"]

    for _ in range(2):
        sandbox.control(f"/methods/{token}/end")

    (event,) = news(sandbox)
    heard = read(Subject.METHOD, event["data"])
    assert (event["type"], heard.status, heard.reference) == ("method.removed", Status.DECLINED, token)
    refused = sandbox.http.post(
        f"/control/methods/{token}/replace", json={"number": "4242424242424242", "expires": "2031-05"}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "method_removed")


@pytest.mark.parametrize("number", ["1", "DE89370400440532013000"])
def test_only_a_test_card_replaces_a_card(sandbox: SandboxAccount, number: str) -> None:
    token = sandbox.paid(save_method=True)["payment_method"]["token"]
    refused = sandbox.http.post(
        f"/control/methods/{token}/replace", json={"number": number, "expires": "2031-05"}
    )
    assert refused.status_code == 422
    assert news(sandbox) == []


def test_a_debit_carries_its_mandate(sandbox: SandboxAccount) -> None:
    charge = sandbox.charge(1000, method="bank_debit", save_method=True)
    sandbox.control(f"/charges/{charge['id']}/pay", number="DE89370400440532013000")
    shown = sandbox.get(f"/charges/{charge['id']}")["payment_method"]
    assert shown["mandate"] == f"SBX-{shown['token'][-12:].upper()}"
    kept = sandbox.get(f"/methods/{shown['token']}")
    assert (kept["mandate"], kept["removed"]) == (shown["mandate"], False)
