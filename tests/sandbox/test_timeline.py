"""The account's movable clock and what time alone brings about."""

from __future__ import annotations

import pytest

from tests.sandbox_process import SandboxAccount, SandboxProcess

CLEARS, POOR, CLOSED = "DE89370400440532013000", "DE75512108001245126199", "FR1420041010050500013M02606"


def pending(sandbox: SandboxAccount, number: str, amount: int = 1000) -> str:
    charge = sandbox.paid(amount, number=number, method="bank_debit")
    assert charge["status"] == "pending"
    return str(charge["id"])


def test_debits_clear_and_bounce_on_their_day(sandbox: SandboxAccount) -> None:
    names = [pending(sandbox, number) for number in (CLEARS, POOR, CLOSED)]
    sandbox.control("/clock", days=2)
    assert {sandbox.get(f"/charges/{name}")["status"] for name in names} == {"pending"}

    sandbox.control("/clock", days=1, hours=1)

    ends = [sandbox.get(f"/charges/{name}") for name in names]
    assert [end["status"] for end in ends] == ["succeeded", "failed", "failed"]
    assert [(end["failure"] or {}).get("code") for end in ends] == [
        None,
        "insufficient_funds",
        "account_closed",
    ]
    assert ends[0]["fee"] == 35


def test_the_banks_answer_can_be_forced(sandbox: SandboxAccount) -> None:
    good, bad = pending(sandbox, POOR), pending(sandbox, CLEARS)

    assert sandbox.control(f"/charges/{good}/settle")["status"] == "succeeded"
    assert sandbox.control(f"/charges/{bad}/bounce", code="no_mandate", message="No.")["status"] == "failed"
    assert sandbox.http.post(f"/control/charges/{good}/settle").status_code == 409


def test_a_mandate_pays_later_debits_without_the_payer(sandbox: SandboxAccount) -> None:
    charge = sandbox.paid(method="bank_debit", number=CLEARS, save_method=True)

    again = sandbox.charge(method="bank_debit", saved_method=charge["payment_method"]["token"])

    assert again["status"] == "pending"


def test_a_page_that_is_open_too_long_closes(sandbox: SandboxAccount) -> None:
    charge = sandbox.charge()["id"]

    sandbox.control("/clock", hours=25)

    ended = sandbox.get(f"/charges/{charge}")
    assert (ended["status"], ended["failure"]["code"]) == ("canceled", "expired")


def test_a_long_move_does_everything_in_its_own_time(sandbox: SandboxAccount) -> None:
    sandbox.control("/clock", to="2031-05-01T06:00:00Z")
    pending(sandbox, CLEARS)

    sandbox.control("/clock", days=400)

    events = [(event["type"], event["timestamp"][:10]) for event in sandbox.get("/events")["data"][::-1]]
    assert events == [
        ("charge.pending", "2031-05-01"),
        ("charge.succeeded", "2031-05-04"),
        ("payout.paid", "2031-05-07"),
    ]


def test_the_clock_is_each_accounts_own(sandbox: SandboxAccount, sandbox_process: SandboxProcess) -> None:
    other = sandbox_process.account()
    before = other.get("/account")["clock"][:10]

    sandbox.control("/clock", days=100)

    assert other.get("/account")["clock"][:10] == before


def test_the_clock_goes_back_only_before_anything_happened(sandbox: SandboxAccount) -> None:
    sandbox.control("/clock", to="2025-11-01T09:00:00+01:00")
    assert sandbox.paid()["created_at"].startswith("2025-11-01T08:00:0")

    back = sandbox.http.post("/control/clock", json={"to": "2025-10-01T00:00:00Z"})

    assert (back.status_code, back.json()["error"]["code"]) == (409, "clock_move_invalid")


@pytest.mark.parametrize("body", [{"days": -1}, {"days": 4000}, {"to": "soon"}, {"weeks": 1}, {"days": "3"}])
def test_a_move_that_makes_no_sense_is_refused(sandbox: SandboxAccount, body: dict[str, object]) -> None:
    assert sandbox.http.post("/control/clock", json=body).status_code == 422


def test_a_card_that_expired_since_it_was_kept_is_declined(sandbox: SandboxAccount) -> None:
    token = sandbox.paid(save_method=True)["payment_method"]["token"]
    sandbox.control("/clock", days=365 * 4)

    answer = sandbox.http.post(
        "/v1/charges",
        json={"amount": 100, "currency": "EUR", "return_url": "http://shop.example/", "saved_method": token},
        headers={"Idempotency-Key": "k"},
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "expired_card")
