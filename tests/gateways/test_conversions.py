"""What PayPal and GoCardless say of money that they turn into another currency."""

from __future__ import annotations

from typing import Any

import pytest

from allsquare.gateways.gocardless import objects as gocardless
from allsquare.gateways.paypal import objects as paypal
from allsquare.payments.gateway import Converted, Outcome
from tests.contracts.benches import money


def usd(value: str) -> dict[str, str]:
    return {"currency_code": "USD", "value": value}


def eur(value: str) -> dict[str, str]:
    return {"currency_code": "EUR", "value": value}


CAPTURE = {"id": "C1", "status": "COMPLETED", "amount": usd("100.00"), "create_time": "2026-11-28T08:00:00Z"}
BREAKDOWN = {"gross_amount": usd("100.00"), "paypal_fee": usd("3.00"), "net_amount": usd("97.00")}


@pytest.mark.parametrize(
    ("more", "became"),
    [
        ({}, ()),
        ({"receivable_amount": eur("87.30")}, (Converted(money(8730)),)),
        (
            {"receivable_amount": eur("87.30"), "paypal_fee_in_receivable_currency": eur("2.70")},
            (Converted(money(8730), money(270)),),
        ),
    ],
)
def test_what_paypal_captured(more: dict[str, Any], became: tuple[Converted, ...]) -> None:
    told = paypal.capture({**CAPTURE, "seller_receivable_breakdown": {**BREAKDOWN, **more}})
    assert (told.amount, told.fee, told.converted) == (money(10000, "USD"), money(300, "USD"), became)


@pytest.mark.parametrize(
    ("status", "more", "became"),
    [
        ("COMPLETED", {}, ()),
        ("PENDING", {"net_amount_in_receivable_currency": eur("46.00")}, ()),
        ("COMPLETED", {"net_amount_in_receivable_currency": eur("46.00")}, (Converted(money(-4600)),)),
        (
            "COMPLETED",
            {
                "net_amount_in_receivable_currency": eur("46.00"),
                "paypal_fee_in_receivable_currency": eur("1.35"),
            },
            (Converted(money(-4600), money(-135)),),
        ),
    ],
)
def test_what_paypal_gave_back(status: str, more: dict[str, Any], became: tuple[Converted, ...]) -> None:
    breakdown = {"gross_amount": usd("50.00"), "paypal_fee": usd("0.00"), **more}
    told = paypal.refund(
        {"id": "R1", "status": status, "amount": usd("50.00"), "seller_payable_breakdown": breakdown}, "C1"
    )
    assert told.converted == became


def sent(exchange: object) -> Outcome:
    payout = {
        "id": "PO1",
        "status": "paid",
        "amount": 9700,
        "deducted_fees": 300,
        "currency": "GBP",
        "created_at": "2026-11-28T08:00:00Z",
        "arrival_date": "2026-12-01",
        "fx": exchange,
    }
    return gocardless.payout(payout, [])


@pytest.mark.parametrize(
    "exchange",
    [
        None,
        {"fx_currency": None, "fx_amount": None, "exchange_rate": None},
        {"fx_currency": "EUR", "fx_amount": None, "estimated_exchange_rate": "1.17"},
        {"fx_currency": "GBP", "fx_amount": 9700, "exchange_rate": "1.0"},
    ],
)
def test_a_payout_of_gocardless_that_is_not_converted_or_not_yet(exchange: object) -> None:
    assert sent(exchange).converted == ()


def test_a_payout_of_gocardless_that_arrives_in_another_currency() -> None:
    told = sent({"fx_currency": "EUR", "fx_amount": 11349, "exchange_rate": "1.17"})
    assert (told.amount, told.fee, told.converted) == (
        money(9700, "GBP"),
        money(300, "GBP"),
        (Converted(money(11349)),),
    )
