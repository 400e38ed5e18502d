from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox_process import SandboxAccount


def act(
    sandbox: SandboxAccount, what: str, *, headers: dict[str, str] | None = None, **fields: str
) -> httpx.Response:
    return httpx.post(
        f"{sandbox.base_url}/panel/{sandbox.id}/do", data={"act": what, **fields}, headers=headers or {}
    )


def show(sandbox: SandboxAccount, path: str = "charges") -> str:
    return httpx.get(f"{sandbox.base_url}/panel/{sandbox.id}/{path}").raise_for_status().text


@pytest.fixture
def busy(sandbox: SandboxAccount) -> Any:
    """An account in which everything has happened; the charge that was refunded."""
    charge = sandbox.paid(12_345, "KWD", description="<b>bold</b>")
    sandbox.refund(charge["id"], 345, "KWD")
    sandbox.control(f"/charges/{charge['id']}/dispute")
    sandbox.paid(number="4000 0001 0000 0001")
    sandbox.paid(method="bank_debit", number="DE89370400440532013000")
    sandbox.paid(5000)
    sandbox.control("/payouts", currency="EUR")
    sandbox.misbehave("slow")
    return charge


def test_every_page_shows_what_happened(sandbox: SandboxAccount, busy: Any) -> None:
    expected = {
        "charges": ["KWD\u00a012.345", "card declined", "pending", "&lt;b&gt;bold"],
        "money": ["KWD\u00a00.345", "Merchant wins", "at the bank on"],
        "webhooks": ["charge.succeeded", "dispute.opened", "no endpoint is set"],
        "misbehave": ["slow", "Clear all"],
        "settings": [sandbox.api_key, sandbox.webhook_secret, "4000 0030 0000 0006"],
        f"charges/{busy['id']}": ["refund.succeeded", "Merchant loses", "Make it fail"],
    }
    for path, texts in expected.items():
        page = show(sandbox, path)
        assert "<script" not in page
        for text in texts:
            assert text in page, (path, text)


def test_every_button_does_what_it_says(sandbox: SandboxAccount) -> None:
    debit = sandbox.paid(method="bank_debit", number="DE75512108001245126199")["id"]
    act(sandbox, "settle", id=debit)
    assert sandbox.get(f"/charges/{debit}")["status"] == "succeeded"

    waiting = sandbox.charge(2000)["id"]
    act(sandbox, "pay", id=waiting, number="5555555555554444")
    assert sandbox.get(f"/charges/{waiting}")["payment_method"]["brand"] == "mastercard"

    act(sandbox, "dispute", id=waiting)
    (dispute,) = sandbox.get("/disputes")["data"]
    act(sandbox, "win", id=dispute["id"])
    assert sandbox.get(f"/disputes/{dispute['id']}")["status"] == "won"

    act(
        sandbox,
        "misbehave",
        kind="error_before",
        count="2",
        probability="1",
        seed="1",
        seconds="3",
        copies="2",
    )
    assert sandbox.http.get("/control/mischief").json()["data"][0]["remaining"] == 2
    act(sandbox, "behave")
    assert sandbox.http.get("/control/mischief").json()["data"] == []

    act(sandbox, "settings", name="New name", card_fixed="0", daily_payouts="no", webhook_url="")
    account = sandbox.get("/account")
    assert (account["name"], account["card_fixed"], account["daily_payouts"]) == ("New name", 0, False)

    before = account["clock"]
    act(sandbox, "clock", days="3")
    assert sandbox.get("/account")["clock"] > before

    act(sandbox, "reset")
    assert sandbox.get("/charges")["data"] == []
    assert sandbox.get("/account")["card_fixed"] == 0


def test_what_cannot_be_done_is_said(sandbox: SandboxAccount) -> None:
    for what, fields in (
        ("settle", {"id": "ch_x"}),
        ("clock", {"days": "-1"}),
        ("settings", {"card_fixed": "x"}),
    ):
        answer = act(sandbox, what, headers=None, back=f"/panel/{sandbox.id}/charges", **fields)
        assert answer.status_code == 303
        assert "wrong=" in answer.headers["location"]
    assert (
        "There is no such action"
        in httpx.get(f"{sandbox.base_url}{act(sandbox, 'x').headers['location']}").text
    )


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"}],
)
def test_a_form_on_another_site_does_nothing(sandbox: SandboxAccount, headers: dict[str, str]) -> None:
    sandbox.charge()

    assert act(sandbox, "reset", headers=headers).status_code == 403

    assert len(sandbox.get("/charges")["data"]) == 1
    assert (
        act(
            sandbox, "reset", headers={"Origin": sandbox.base_url, "Sec-Fetch-Site": "same-origin"}
        ).status_code
        == 303
    )
    assert sandbox.get("/charges")["data"] == []


@pytest.mark.parametrize("back", ["http://evil.example/", "//evil.example/", ""])
def test_the_panel_never_leads_elsewhere(sandbox: SandboxAccount, back: str) -> None:
    answer = act(sandbox, "behave", back=back)

    assert answer.headers["location"].startswith(f"/panel/{sandbox.id}?")


def test_addresses_that_lead_nowhere(sandbox: SandboxAccount) -> None:
    for path in ("/panel/acct_x", f"/panel/{sandbox.id}/nothing", f"/panel/{sandbox.id}/charges/ch_x"):
        assert httpx.get(sandbox.base_url + path).status_code == 404
