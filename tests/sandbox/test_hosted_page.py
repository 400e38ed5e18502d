"""The hosted payment page as a browser without JavaScript sees it: forms and redirects only."""

from __future__ import annotations

from html import unescape
from typing import Any

import httpx
import pytest

from tests.sandbox_process import SandboxAccount

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/39", "cvc": "123"}
RETURN = "http://shop.example:8000/back?invoice=7&lang=de#top"


@pytest.fixture
def charge(sandbox: SandboxAccount) -> Any:
    return sandbox.charge(123400, description="Invoice 7", return_url=RETURN)


def post(url: str, **fields: str) -> httpx.Response:
    return httpx.post(url, data=fields)


def test_the_page_says_who_asks_how_much_and_that_it_is_no_real_money(charge: Any) -> None:
    page = httpx.get(charge["hosted_url"])

    assert page.status_code == 200
    for text in ("Test merchant", "€1,234.00", "Invoice 7", "No real money", "4000 0030 0000 0006"):
        assert text in page.text, text
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_paying_leads_back_to_the_merchant(sandbox: SandboxAccount, charge: Any) -> None:
    answer = post(charge["hosted_url"], **CARD)

    assert answer.status_code == 303
    assert (
        answer.headers["location"]
        == f"http://shop.example:8000/back?invoice=7&lang=de&payment={charge['id']}#top"
    )
    paid = sandbox.get(f"/charges/{charge['id']}")
    assert paid["status"] == "succeeded"
    assert paid["payment_method"]["expires"] == "2039-12"


def test_paying_twice_charges_once(sandbox: SandboxAccount, charge: Any) -> None:
    first, second = post(charge["hosted_url"], **CARD), post(charge["hosted_url"], **CARD)

    assert first.headers["location"] == second.headers["location"]
    assert [event["type"] for event in sandbox.get("/events")["data"]] == ["charge.succeeded"]


def test_errors_are_at_their_fields_and_nothing_is_charged(sandbox: SandboxAccount, charge: Any) -> None:
    page = post(charge["hosted_url"], number="4242 4242 4242 4241", expiry="01/20", cvc="9")

    assert page.status_code == 422
    for field in ("number", "expiry", "cvc"):
        assert f'id="{field}-error"' in page.text
    assert 'value="01/20"' in page.text
    assert 'role="alert"' in page.text
    assert sandbox.get(f"/charges/{charge['id']}")["status"] == "requires_action"
    assert post(charge["hosted_url"], **CARD).status_code == 303


def test_a_real_looking_card_is_refused_and_never_kept(sandbox: SandboxAccount, charge: Any) -> None:
    page = post(charge["hosted_url"], **{**CARD, "number": "4111111111111111"})

    assert page.status_code == 422
    assert "4111" not in page.text
    assert sandbox.get(f"/charges/{charge['id']}")["payment_method"] is None


@pytest.mark.parametrize(
    ("answer", "status"),
    [("approve", "succeeded"), ("deny", "failed"), ("", "failed"), ("nonsense", "failed")],
)
def test_3d_secure_asks_the_payer(sandbox: SandboxAccount, charge: Any, answer: str, status: str) -> None:
    to_challenge = post(charge["hosted_url"], **{**CARD, "number": "4000 0030 0000 0006"})
    assert to_challenge.headers["location"] == f"/pay/{charge['id']}"
    assert "Your bank asks" in httpx.get(charge["hosted_url"]).text
    assert sandbox.get(f"/charges/{charge['id']}")["status"] == "requires_action"

    back = post(f"{charge['hosted_url']}/challenge", answer=answer)

    assert back.headers["location"].startswith("http://shop.example:8000/back?")
    assert sandbox.get(f"/charges/{charge['id']}")["status"] == status


def test_a_challenge_cannot_be_answered_before_there_is_one(sandbox: SandboxAccount, charge: Any) -> None:
    post(f"{charge['hosted_url']}/challenge", answer="approve")

    assert sandbox.get(f"/charges/{charge['id']}")["status"] == "requires_action"


def test_canceling_leads_back_and_a_paid_charge_stays_paid(sandbox: SandboxAccount, charge: Any) -> None:
    back = post(f"{charge['hosted_url']}/cancel")
    assert back.headers["location"].startswith("http://shop.example:8000/back?")
    assert sandbox.get(f"/charges/{charge['id']}")["status"] == "canceled"

    paid = sandbox.charge()
    post(paid["hosted_url"], **CARD)
    post(f"{paid['hosted_url']}/cancel")
    assert sandbox.get(f"/charges/{paid['id']}")["status"] == "succeeded"


def test_a_bank_debit_shows_its_mandate_and_is_under_way(sandbox: SandboxAccount) -> None:
    charge = sandbox.charge(1000, method="bank_debit", customer={"name": "Ada Ünal"})
    page = httpx.get(charge["hosted_url"], params={"card": "debit"}).text
    assert "DE89 3704 0044 0532 0130 00" in page
    assert 'value="Ada Ünal"' in page
    assert "you allow" in page

    back = post(charge["hosted_url"], iban="DE89 3704 0044 0532 0130 00", holder="Ada Ünal")

    assert back.status_code == 303
    assert sandbox.get(f"/charges/{charge['id']}")["status"] == "pending"
    assert "Under way" in httpx.get(charge["hosted_url"]).text


def test_a_card_does_not_pay_a_debit(sandbox: SandboxAccount) -> None:
    charge = sandbox.charge(method="bank_debit")

    assert post(charge["hosted_url"], **CARD).status_code == 422
    assert sandbox.get(f"/charges/{charge['id']}")["status"] == "requires_action"


def test_picking_a_test_card_fills_in_the_form(charge: Any) -> None:
    page = httpx.get(charge["hosted_url"], params={"card": "amex"}).text

    assert 'value="3782 822463 10005"' in page
    assert 'value="1234"' in page


def test_what_the_merchant_wrote_is_inert(sandbox: SandboxAccount) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    charge = sandbox.charge(description=evil)

    page = httpx.get(charge["hosted_url"]).text

    assert "<script>alert" not in page
    assert "<img" not in page
    assert evil in unescape(page)


def test_the_page_may_not_be_framed_and_the_fields_only_by_the_merchant(charge: Any) -> None:
    hosted = httpx.get(charge["hosted_url"]).headers["content-security-policy"]
    fields = httpx.get(charge["fields_url"]).headers["content-security-policy"]

    assert "frame-ancestors 'none'" in hosted
    assert "script-src 'none'" in hosted
    assert "form-action 'self' http://shop.example:8000" in hosted
    assert "frame-ancestors http://shop.example:8000" in fields
    assert "script-src 'self'" in fields


def test_in_a_frame_the_last_page_tells_the_parent_or_links_to_it(charge: Any) -> None:
    onward = post(charge["fields_url"], **CARD)
    assert onward.headers["location"] == f"/fields/{charge['id']}"

    page = httpx.get(charge["fields_url"]).text

    assert 'target="_top"' in page
    assert f'data-payment="{charge["id"]}"' in page
    assert 'data-status="succeeded"' in page


@pytest.mark.parametrize("path", ["/pay/ch_nothing", "/fields/ch_nothing", "/pay/ch_nothing/challenge"])
def test_an_address_that_leads_nowhere(sandbox: SandboxAccount, path: str) -> None:
    page = httpx.get(sandbox.base_url + path)

    assert page.status_code == 404
    assert "There is no such page" in page.text
