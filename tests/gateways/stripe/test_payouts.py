"""What Stripe says of a payout's lines: whose each is, and what is a cost."""

from __future__ import annotations

from typing import Any

import pytest

from allsquare.gateways.stripe.payouts import payout
from allsquare.payments.gateway import ItemKind, PayoutItem
from tests.contracts.benches import money

PAYOUT: dict[str, Any] = {
    "id": "po_1",
    "status": "paid",
    "amount": 5000,
    "currency": "eur",
    "created": 1_796_000_000,
    "arrival_date": 1_796_000_000,
}


def movement(kind: str, net: int, source: object = None, **more: object) -> dict[str, Any]:
    return {"id": "txn_1", "type": kind, "net": net, "currency": "eur", "source": source, **more}


def source(kind: str, **more: str) -> dict[str, str]:
    return {"id": f"{kind}_1", "object": kind, **more}


@pytest.mark.parametrize(
    ("told", "item"),
    [
        (
            movement("charge", 985, source("charge", payment_intent="pi_1")),
            PayoutItem("pi_1", 985, ItemKind.CHARGE, "pi_1"),
        ),
        (movement("payment", 985, source("charge")), PayoutItem("charge_1", 985, ItemKind.CHARGE)),
        (
            movement("refund", -400, source("refund", payment_intent="pi_1", charge="ch_1")),
            PayoutItem("refund_1", -400, ItemKind.REFUND, "pi_1"),
        ),
        (
            movement("payment_refund", -400, source("refund", charge="ch_1")),
            PayoutItem("refund_1", -400, ItemKind.REFUND, "ch_1"),
        ),
        (
            movement("adjustment", -1500, source("dispute", payment_intent="pi_1")),
            PayoutItem("dispute_1", -1500, ItemKind.DISPUTE, "pi_1"),
        ),
        (movement("payout_failure", 5000, source("payout")), PayoutItem("payout_1", 5000, ItemKind.PAYOUT)),
        # Its payout was never told of: to be of others it would have to be known.
        (movement("payout_cancel", 5000, source("payout")), PayoutItem("payout_1", 5000, ItemKind.OWN)),
        (movement("transfer", -70, source("transfer")), PayoutItem("transfer_1", -70, ItemKind.ELSEWHERE)),
        (
            movement("application_fee", 70, source("application_fee", charge="ch_1")),
            PayoutItem("application_fee_1", 70, ItemKind.ELSEWHERE, "ch_1"),
        ),
        (movement("reserve_transaction", -70), PayoutItem("txn_1", -70, ItemKind.OWN)),
        (movement("payout_minimum_balance_hold", -70), PayoutItem("txn_1", -70, ItemKind.OWN)),
        (
            movement("adjustment", -70, reporting_category="risk_reserved_funds"),
            PayoutItem("txn_1", -70, ItemKind.OWN),
        ),
        (movement("topup", 70, source("topup")), PayoutItem("topup_1", 70, ItemKind.OWN)),
        (movement("charge", 70, "ch_1"), PayoutItem("ch_1", 70)),
        (movement("adjustment", -70, "dp_1"), PayoutItem("dp_1", -70)),
    ],
)
def test_what_a_line_is(told: dict[str, Any], item: PayoutItem) -> None:
    outcome = payout(PAYOUT, [told])
    assert (outcome.payout_items, outcome.fee) == ((item,), money(0))


@pytest.mark.parametrize(
    "told",
    [
        movement("stripe_fee", -70),
        movement("tax_fee", -70),
        movement("adjustment", -70),
        movement("adjustment", -70, reporting_category="fee"),
        movement("adjustment", -70, reporting_category="other_adjustment"),
    ],
)
def test_what_is_told_with_nothing_behind_it_is_a_cost(told: dict[str, Any]) -> None:
    outcome = payout(PAYOUT, [told, {**told, "id": "txn_2", "net": 20}])
    assert outcome.fee == money(50)
    assert [item.kind for item in outcome.payout_items] == [ItemKind.FEE, ItemKind.FEE]


def test_lines_about_one_object_are_one() -> None:
    case = source("dispute", payment_intent="pi_1")
    outcome = payout(PAYOUT, [movement("adjustment", -1500, case), movement("adjustment", 1000, case)])
    assert outcome.payout_items == (PayoutItem("dispute_1", -500, ItemKind.DISPUTE, "pi_1"),)
