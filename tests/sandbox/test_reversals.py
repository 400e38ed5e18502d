"""Refunds, disputes, payouts, and the provider's own books over all of them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.sandbox_process import SandboxAccount


def code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def books(sandbox: SandboxAccount, currency: str = "EUR") -> dict[str, int]:
    lines = {line["currency"]: line for line in sandbox.get("/books")["currencies"]}
    line: dict[str, int] = lines[currency]
    assert line["balance"] == (
        line["charged"] - line["refunded"] - line["disputed"] - line["fees"] - line["paid_out"]
    )
    return line


def test_refunds_never_exceed_the_charge(sandbox: SandboxAccount) -> None:
    charge = sandbox.paid(1000)["id"]

    assert sandbox.refund(charge, 600).status_code == 201
    assert code(sandbox.refund(charge, 401)) == "refund_exceeds_charge"
    assert code(sandbox.refund(charge, 100, "USD")) == "currency_mismatch"
    assert sandbox.refund(charge, 400).status_code == 201
    assert code(sandbox.refund(charge, 1)) == "refund_exceeds_charge"
    assert books(sandbox)["refunded"] == 1000


def test_only_a_succeeded_charge_can_be_refunded_or_disputed(sandbox: SandboxAccount) -> None:
    waiting = sandbox.charge()["id"]
    declined = sandbox.paid(number="4000 0001 0000 0001")["id"]

    for charge in (waiting, declined):
        assert code(sandbox.refund(charge, 1)) == "charge_not_refundable"
        assert sandbox.http.post(f"/control/charges/{charge}/dispute", json={}).status_code == 409


def test_a_refund_can_fail_a_day_later(sandbox: SandboxAccount) -> None:
    charge = sandbox.paid(1000, number="4000 0060 0000 0009")["id"]
    refund = sandbox.refund(charge, 400).json()
    assert refund["status"] == "pending"
    assert code(sandbox.refund(charge, 601)) == "refund_exceeds_charge"  # the pending one counts

    sandbox.control("/clock", hours=25)

    failed = sandbox.get(f"/refunds/{refund['id']}")
    assert (failed["status"], failed["failure"]["code"]) == ("failed", "refund_failed")
    assert books(sandbox)["refunded"] == 0
    assert sandbox.refund(charge, 1000).status_code == 201


def test_a_refund_that_succeeded_can_still_come_back(sandbox: SandboxAccount) -> None:
    charge = sandbox.paid(1000)["id"]
    refund = sandbox.refund(charge, 400).json()["id"]

    sandbox.control(f"/refunds/{refund}/fail")

    assert books(sandbox)["refunded"] == 0
    assert sandbox.get(f"/charges/{charge}")["amount_refunded"] == 0
    assert sandbox.http.post(f"/control/refunds/{refund}/fail").status_code == 409


def test_a_dispute_takes_what_is_left_and_a_fee(sandbox: SandboxAccount) -> None:
    charge = sandbox.paid(1000)["id"]
    sandbox.refund(charge, 300)

    dispute = sandbox.control(f"/charges/{charge}/dispute")

    assert (dispute["amount"], dispute["fee"], dispute["status"]) == (700, 1500, "open")
    assert code(sandbox.refund(charge, 1)) == "refund_exceeds_charge"
    assert sandbox.http.post(f"/control/charges/{charge}/dispute", json={}).status_code == 409
    assert books(sandbox)["disputed"] == 700


@pytest.mark.parametrize(("how", "disputed"), [("win", 0), ("lose", 1000)])
def test_a_dispute_ends_once_and_the_fee_stays(sandbox: SandboxAccount, how: str, disputed: int) -> None:
    charge = sandbox.paid(1000)
    dispute = sandbox.control(f"/charges/{charge['id']}/dispute")["id"]

    sandbox.control(f"/disputes/{dispute}/{how}")

    assert books(sandbox)["disputed"] == disputed
    assert books(sandbox)["fees"] == charge["fee"] + 1500
    for again in ("win", "lose"):
        assert sandbox.http.post(f"/control/disputes/{dispute}/{again}").status_code == 409


def test_the_disputed_card_is_disputed_at_once(sandbox: SandboxAccount) -> None:
    charge = sandbox.paid(number="4000 0050 0000 0001")

    assert charge["amount_disputed"] == 1000
    kinds = [event["type"] for event in sandbox.get("/events")["data"]]
    assert kinds == ["dispute.opened", "charge.succeeded"]


def test_a_payout_gathers_everything_once_and_its_items_add_up(sandbox: SandboxAccount) -> None:
    first, second = sandbox.paid(10_000), sandbox.paid(5_000)
    sandbox.paid(700, "JPY")
    refund = sandbox.refund(first["id"], 1000).json()

    (payout,) = sandbox.control("/payouts", currency="EUR")["data"]

    items = {item["reference"]: item["net"] for item in payout["items"]}
    assert items == {first["id"]: first["net"], second["id"]: second["net"], refund["id"]: -1000}
    assert payout["amount"] == sum(items.values())
    assert (books(sandbox)["balance"], books(sandbox)["paid_out"]) == (0, payout["amount"])
    assert sandbox.http.post("/control/payouts", json={"currency": "EUR"}).status_code == 409
    assert books(sandbox, "JPY")["paid_out"] == 0


def test_a_debt_waits_for_the_next_payout(sandbox: SandboxAccount) -> None:
    charge = sandbox.paid(1000)
    sandbox.control("/payouts")
    sandbox.refund(charge["id"], 1000)
    assert sandbox.http.post("/control/payouts", json={}).status_code == 409

    later = sandbox.paid(5000)
    (payout,) = sandbox.control("/payouts")["data"]

    assert payout["amount"] == later["net"] - 1000


def test_a_payout_that_came_back_goes_out_with_the_next_one(sandbox: SandboxAccount) -> None:
    sandbox.paid(10_000)
    (payout,) = sandbox.control("/payouts")["data"]
    assert (payout["status"], payout["failure"]) == ("paid", None)

    failed = sandbox.control(f"/payouts/{payout['id']}/fail")

    assert (failed["status"], failed["failure"]["code"]) == ("failed", "account_closed")
    assert (books(sandbox)["balance"], books(sandbox)["paid_out"]) == (payout["amount"], 0)
    assert sandbox.get(f"/payouts/{payout['id']}") == failed
    assert code(sandbox.http.post(f"/control/payouts/{payout['id']}/fail", json={})) == "payout_failed"
    (event, _) = sandbox.get("/events")["data"][:2]
    assert (event["type"], event["data"]) == ("payout.failed", failed)

    (again,) = sandbox.control("/payouts")["data"]
    assert again["items"] == [
        {
            "kind": "payout_failed",
            "reference": payout["id"],
            "amount": payout["amount"],
            "fee": 0,
            "net": payout["amount"],
        }
    ]
    assert (books(sandbox)["balance"], books(sandbox)["paid_out"]) == (0, payout["amount"])


def test_payouts_go_out_at_midnight_when_money_is_available(sandbox: SandboxAccount) -> None:
    sandbox.control("/clock", to="2030-01-01T12:00:00Z")
    charge = sandbox.paid(1000)
    sandbox.control("/clock", to="2030-01-03T23:00:00Z")
    assert sandbox.get("/payouts")["data"] == []

    sandbox.control("/clock", to="2030-01-10T00:00:00Z")

    (payout,) = sandbox.get("/payouts")["data"]
    assert payout["amount"] == charge["net"]
    assert payout["created_at"] == "2030-01-04T00:00:00.000000Z"
    assert payout["arrives_on"] == "2030-01-05"


NOUNS = ("charges", "refunds", "disputes", "payouts")


class Chance:
    """Makes things happen at random; what the provider refuses is not done, and that is fine."""

    def __init__(self, sandbox: SandboxAccount, seed: int) -> None:
        self.sandbox = sandbox
        self.dice = random.Random(seed)

    def strike(self) -> None:
        acts = [
            self.charge,
            self.charge,
            self.refund,
            self.dispute,
            self.close,
            self.come_back,
            self.pay_out,
            self.payout_back,
            self.wait,
        ]
        self.dice.choice(acts)()

    def charge(self) -> None:
        self.sandbox.paid(self.dice.randrange(1, 100_000), self.dice.choice(["EUR", "JPY"]))

    def refund(self) -> None:
        for charge in self._one("/charges"):
            self.sandbox.refund(
                charge["id"], self.dice.randrange(1, charge["amount"] + 1), charge["currency"]
            )

    def dispute(self) -> None:
        for charge in self._one("/charges"):
            self.sandbox.http.post(f"/control/charges/{charge['id']}/dispute", json={})

    def close(self) -> None:
        for dispute in self._one("/disputes", status="open"):
            self.sandbox.control(f"/disputes/{dispute['id']}/{self.dice.choice(['win', 'lose'])}")

    def come_back(self) -> None:
        for refund in self._one("/refunds", status="succeeded"):
            self.sandbox.control(f"/refunds/{refund['id']}/fail")

    def pay_out(self) -> None:
        self.sandbox.http.post("/control/payouts", json={})

    def payout_back(self) -> None:
        for payout in self._one("/payouts"):
            self.sandbox.http.post(f"/control/payouts/{payout['id']}/fail", json={})

    def wait(self) -> None:
        self.sandbox.control("/clock", days=self.dice.randrange(4))

    def _one(self, path: str, **query: str) -> list[dict[str, Any]]:
        found = _all(self.sandbox, path, **query)
        return [self.dice.choice(found)] if found else []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_books_agree_with_the_objects(sandbox: SandboxAccount, seed: int) -> None:
    chance = Chance(sandbox, seed)
    for _ in range(60):
        chance.strike()

    every = {name: _all(sandbox, f"/{name}") for name in NOUNS}
    assert all(every.values())  # the run really had some of each
    for currency in ("EUR", "JPY"):
        line = books(sandbox, currency)
        mine = {name: [each for each in rows if each["currency"] == currency] for name, rows in every.items()}
        assert line["charged"] == sum(charge["amount"] for charge in mine["charges"])
        assert line["refunded"] == sum(
            each["amount"] for each in mine["refunds"] if each["status"] == "succeeded"
        )
        assert line["disputed"] == sum(each["amount"] for each in mine["disputes"] if each["status"] != "won")
        assert line["fees"] == sum(each["fee"] for each in (*mine["charges"], *mine["disputes"]))
        assert line["paid_out"] == sum(each["amount"] for each in mine["payouts"] if each["status"] == "paid")
    for payout in every["payouts"]:
        assert payout["amount"] == sum(item["net"] for item in payout["items"]) > 0
    for charge in every["charges"]:
        assert charge["amount_refunded"] + charge["amount_disputed"] <= charge["amount"]


def _all(sandbox: SandboxAccount, path: str, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.get(path, limit="100", **query)["data"]
    return found
