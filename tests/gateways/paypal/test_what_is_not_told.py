"""Of a capture PayPal promises its amount, and nothing more: money must not stay out for want of a word about it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from allsquare.core import clock
from allsquare.gateways.paypal import PayPalGateway
from allsquare.gateways.paypal.reading import UNTOLD
from allsquare.payments.gateway import Outcome, Status
from tests.contracts.benches import money
from tests.fakes.paypal_server import FakePayPal, breakdown
from tests.gateways.paypal.hands import cases_of, found, heard, paid


def heard_of(fake: FakePayPal, gateway: PayPalGateway, name: str) -> Outcome:
    """By a webhook."""
    (told,) = gateway.follow(heard(fake.tell("PAYMENT.CAPTURE.COMPLETED", fake.captures[name])))
    return told


def test_an_account_that_pays_no_fee_is_told_of_none(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fake.untold = "fee"
    charge = paid(fake, gateway)
    assert (charge.status, charge.amount, charge.fee) == (Status.SUCCEEDED, money(1000), money(0))


def test_money_whose_fee_is_not_told_yet_is_under_way(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fake.untold = "all"
    charge = paid(fake, gateway)
    (capture,) = fake.captures.values()
    (listed,) = (each.outcome for each in gateway.since(clock.now(None) - timedelta(hours=1)))
    for each in (charge, heard_of(fake, gateway, charge.reference), found(gateway, charge), listed):
        assert (each.status, each.reference, each.amount) == (Status.PENDING, capture["id"], None)
        assert each.key == charge.key
    capture["seller_receivable_breakdown"] = breakdown(capture["amount"])
    told = heard_of(fake, gateway, charge.reference)
    assert (told.status, told.amount, told.fee) == (Status.SUCCEEDED, money(1000), money(15))


def test_after_a_day_it_is_taken_in_without_a_fee(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fake.untold = "all"
    charge = paid(fake, gateway)
    (capture,) = fake.captures.values()
    capture["create_time"] = (clock.now(None) - UNTOLD - timedelta(minutes=1)).isoformat()
    late = found(gateway, charge)
    assert (late.status, late.amount, late.fee) == (Status.SUCCEEDED, money(1000), None)


@pytest.mark.parametrize("status", ["PARTIALLY_REFUNDED", "REFUNDED"])
def test_what_went_back_of_it_finds_a_payment(fake: FakePayPal, gateway: PayPalGateway, status: str) -> None:
    fake.untold = "all"
    charge = paid(fake, gateway)
    fake.captures[charge.reference]["status"] = status
    assert found(gateway, charge).status is Status.SUCCEEDED


def test_what_a_bank_takes_back_of_it_finds_a_payment(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fake.untold = "all"
    charge = paid(fake, gateway)
    again, lost = gateway.follow(heard(fake.reverse(charge.reference)))
    assert (again.status, again.amount, again.fee) == (Status.SUCCEEDED, money(1000), None)
    assert cases_of(gateway)[0].reference == lost.reference


def test_a_fee_in_another_currency_needs_its_rate(fake: FakePayPal, gateway: PayPalGateway) -> None:
    charge = paid(fake, gateway)
    parts = fake.captures[charge.reference]["seller_receivable_breakdown"]
    parts["paypal_fee"] = {"currency_code": "USD", "value": "0.20"}
    assert found(gateway, charge).status is Status.PENDING
    parts["exchange_rate"] = {"source_currency": "EUR", "target_currency": "USD", "value": "1.25"}
    assert found(gateway, charge).fee == money(16)
    assert isinstance(charge.key, UUID)
