from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox_process import SandboxAccount, SandboxProcess

BODY: dict[str, Any] = {"amount": 1000, "currency": "EUR", "return_url": "http://shop.example/back"}


def test_a_new_charge_waits_for_its_payer(sandbox: SandboxAccount) -> None:
    charge = sandbox.charge(1234, "KWD", description="Invoice 7", metadata={"attempt": "a-1"})

    assert charge["status"] == "requires_action"
    assert charge["hosted_url"] == f"{sandbox.base_url}/pay/{charge['id']}"
    assert (charge["amount"], charge["currency"], charge["fee"]) == (1234, "KWD", 0)
    assert sandbox.get("/charges", attempt="a-1")["data"] == [charge]
    assert sandbox.get("/charges", attempt="a-2")["data"] == []


@pytest.mark.parametrize(
    ("currency", "amount", "fee"),
    [("EUR", 10_000, 165), ("JPY", 500, 32), ("KWD", 12_345, 198), ("EUR", 1, 1), ("USD", 1250, 43)],
)
def test_card_fees_are_whole_minor_units(
    sandbox: SandboxAccount, currency: str, amount: int, fee: int
) -> None:
    paid = sandbox.paid(amount, currency)

    assert (paid["status"], paid["fee"], paid["net"]) == ("succeeded", fee, amount - fee)


def test_the_tariff_can_be_changed(sandbox_process: SandboxProcess) -> None:
    account = sandbox_process.account(card_basis_points=290, card_fixed=0)
    assert account.paid(10_000)["fee"] == 290


def test_a_saved_card_pays_at_once(sandbox: SandboxAccount) -> None:
    token = sandbox.paid(save_method=True)["payment_method"]["token"]

    again = sandbox.charge(700, saved_method=token)

    assert again["status"] == "succeeded"
    assert again["payment_method"] == {
        "token": token,
        "kind": "card",
        "brand": "visa",
        "last4": "4242",
        "expires": again["payment_method"]["expires"],
        "mandate": "",
    }
    sandbox.http.delete(f"/v1/methods/{token}").raise_for_status()
    gone = sandbox.http.post(
        "/v1/charges", json={**BODY, "saved_method": token}, headers={"Idempotency-Key": "k"}
    )
    assert (gone.status_code, gone.json()["error"]["code"]) == (422, "saved_method_unknown")


def test_a_card_is_not_kept_unless_that_was_asked_for(sandbox: SandboxAccount) -> None:
    assert sandbox.paid()["payment_method"]["token"] == ""


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"amount": 0}, "amount", "field_invalid"),
        ({"amount": -5}, "amount", "field_invalid"),
        ({"amount": 10.5}, "amount", "field_invalid"),
        ({"amount": True}, "amount", "field_invalid"),
        ({"amount": "1000"}, "amount", "field_invalid"),
        ({"amount": 10**16}, "amount", "field_invalid"),
        ({"amount": None}, "amount", "field_required"),
        ({"currency": "EURO"}, "currency", "field_invalid"),
        ({"currency": "XAU"}, "currency", "currency_unknown"),
        ({"return_url": "javascript:alert(1)"}, "return_url", "field_invalid"),
        ({"return_url": "/back"}, "return_url", "field_invalid"),
        ({"return_url": "http://[::1"}, "return_url", "field_invalid"),
        ({"method": "cash"}, "method", "field_invalid"),
        ({"description": "x" * 501}, "description", "field_invalid"),
        ({"metadata": {"a": 1}}, "metadata", "field_invalid"),
        ({"metadata": {str(n): "" for n in range(21)}}, "metadata", "field_invalid"),
        ({"customer": "Ada"}, "customer", "field_invalid"),
        ({"customer": {"mail": "x"}}, "mail", "field_unknown"),
        ({"ammount": 5}, "ammount", "field_unknown"),
    ],
)
def test_bad_input_names_the_field_and_does_nothing(
    sandbox: SandboxAccount, change: dict[str, Any], field: str, code: str
) -> None:
    answer = sandbox.http.post("/v1/charges", json={**BODY, **change}, headers={"Idempotency-Key": "k"})

    error = answer.json()["error"]
    assert (answer.status_code, error["field"], error["code"]) == (422, field, code)
    assert sandbox.get("/charges")["data"] == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"x" * 70_000])
def test_a_body_that_is_no_object_is_refused(sandbox: SandboxAccount, content: bytes) -> None:
    answer = sandbox.http.post("/v1/charges", content=content, headers={"Idempotency-Key": "k"})

    assert answer.status_code in (400, 413, 422)
    assert sandbox.get("/charges")["data"] == []


def test_a_repeat_gets_the_first_answer(sandbox: SandboxAccount) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = sandbox.http.post("/v1/charges", json=BODY, headers=headers)
    sandbox.control(f"/charges/{first.json()['id']}/pay", number="4242424242424242")

    again = sandbox.http.post("/v1/charges", json=dict(reversed(BODY.items())), headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_with_other_input_is_refused(sandbox: SandboxAccount) -> None:
    headers = {"Idempotency-Key": "k-1"}
    sandbox.http.post("/v1/charges", json=BODY, headers=headers).raise_for_status()

    other = sandbox.http.post("/v1/charges", json={**BODY, "amount": 1001}, headers=headers)

    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert len(sandbox.get("/charges")["data"]) == 1


def test_a_key_is_needed_and_one_that_was_refused_stays_free(sandbox: SandboxAccount) -> None:
    missing = sandbox.http.post("/v1/charges", json=BODY)
    assert (missing.status_code, missing.json()["error"]["code"]) == (400, "idempotency_key_missing")

    headers = {"Idempotency-Key": "k-1"}
    assert sandbox.http.post("/v1/charges", json={**BODY, "amount": 0}, headers=headers).status_code == 422
    assert sandbox.http.post("/v1/charges", json=BODY, headers=headers).status_code == 201


@pytest.mark.concurrency
def test_twenty_at_once_with_one_key_make_one_charge_and_without_it_twenty(sandbox: SandboxAccount) -> None:
    token = sandbox.paid(save_method=True)["payment_method"]["token"]
    body = {**BODY, "saved_method": token}

    def ask(key: str) -> str:
        answer = sandbox.http.post("/v1/charges", json=body, headers={"Idempotency-Key": key})
        return str(answer.raise_for_status().json()["id"])

    with ThreadPoolExecutor(20) as pool:
        one = set(pool.map(ask, ["same"] * 20))
        control = set(pool.map(ask, [f"k-{n}" for n in range(20)]))

    assert len(one) == 1
    assert len(control) == 20
    assert sandbox.get("/books")["currencies"][0]["charged"] == 1000 * 22


def test_another_accounts_objects_are_not_there(
    sandbox: SandboxAccount, sandbox_process: SandboxProcess
) -> None:
    charge = sandbox.paid(save_method=True)
    stranger = sandbox_process.account()
    http = stranger.http
    assert http.get(f"/v1/charges/{charge['id']}").status_code == 404
    assert http.post(f"/control/charges/{charge['id']}/dispute", json={}).status_code == 404
    assert stranger.refund(charge["id"], 1).status_code == 404
    assert http.get(f"/v1/methods/{charge['payment_method']['token']}").status_code == 404
    assert stranger.get("/charges")["data"] == []
    assert http.post("/v1/accounts", json={}).status_code == 403


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nothing", "Basic x"])
def test_without_a_good_key_nothing_is_answered(sandbox: SandboxAccount, header: str) -> None:
    for method, path in (("GET", "/v1/charges"), ("POST", "/v1/charges"), ("POST", "/control/reset")):
        answer = sandbox.http.request(method, path, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "api_key_invalid")


def test_lists_come_a_page_at_a_time(sandbox: SandboxAccount) -> None:
    made = [sandbox.charge()["id"] for _ in range(5)]

    first = sandbox.get("/charges", limit="2")
    rest = sandbox.get("/charges", limit="10", before=first["data"][-1]["id"])

    assert first["has_more"]
    assert not rest["has_more"]
    assert [charge["id"] for charge in first["data"] + rest["data"]] == made[::-1]
    for query in ({"limit": "0"}, {"limit": "x"}, {"atempt": "1"}):
        assert sandbox.http.get("/v1/charges", params=query).status_code == 422


def test_a_list_can_end_at_an_instant(sandbox: SandboxAccount) -> None:
    first = sandbox.charge()
    between = sandbox.charge()["created_at"]

    listed = sandbox.get("/charges", created_before=between)["data"]

    assert [each["id"] for each in listed] == [first["id"]]
    refused = sandbox.http.get("/v1/charges", params={"created_before": "yesterday"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "created_before")
