"""Money that a bank takes back: without a case, by one, and before PayPal shows which."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from allsquare.core import clock
from allsquare.gateways.paypal import PayPalGateway
from allsquare.payments.gateway import DisputeStage, Status, Subject
from allsquare.payments.gateway_abilities import NewsUnavailable
from tests.contracts.benches import money
from tests.fakes.paypal_server import FakePayPal
from tests.gateways.paypal.hands import cases_of, heard, paid


def test_money_that_a_bank_takes_back_without_a_case_is_lost(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    charge = paid(fake, gateway)
    event = fake.reverse(charge.reference, "7.50")
    again, lost = gateway.follow(heard(event))
    assert again == charge
    assert (lost.dispute_stage, lost.amount, lost.charge_reference) == (
        DisputeStage.LOST,
        money(750),
        charge.reference,
    )
    (listed,) = cases_of(gateway)
    assert replace(listed, happened_at=lost.happened_at) == lost
    named = gateway.look_up(key=uuid4(), reference=lost.reference, subject=Subject.DISPUTE, act=False)
    assert (named.status, named.code) == (Status.UNKNOWN, "no_money_moved"), "PayPal has no name for it"
    case = fake.dispute(charge.reference)
    (told,) = gateway.follow(heard(event))  # now there is one, which tells of it
    assert (told.reference, told.dispute_stage) == (case["dispute_id"], DisputeStage.OPENED)
    assert cases_of(gateway) == [told]


def test_a_reversal_that_paypal_does_not_show_is_not_believed_from_the_news_alone(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    charge = paid(fake, gateway)
    event = heard(fake.tell("PAYMENT.CAPTURE.REVERSED", fake.captures[charge.reference]))
    with pytest.raises(NewsUnavailable, match="does not show"):
        gateway.follow(event)
    captured = fake.captures[charge.reference]
    captured["status"] = "REFUNDED"
    with pytest.raises(NewsUnavailable, match="by a case"):
        gateway.follow(event)
    about = {**captured, "create_time": (clock.now(None) - timedelta(hours=2)).isoformat()}
    _again, case = gateway.follow(heard(fake.tell("PAYMENT.CAPTURE.REVERSED", about)))
    assert (case.dispute_stage, case.amount) == (DisputeStage.LOST, money(1000))


def test_a_reversal_waits_for_its_case(fake: FakePayPal, gateway: PayPalGateway) -> None:
    """PayPal shows the case a moment later: booked as two, the money would be lost twice."""
    charge = paid(fake, gateway)
    event = heard(fake.reverse(charge.reference, ago=timedelta(minutes=59)))
    with pytest.raises(NewsUnavailable, match="whether this money went back by a case"):
        gateway.follow(event)
    assert cases_of(gateway) == []
    case = fake.dispute(charge.reference)
    (told,) = gateway.follow(event)
    assert (told.reference, told.dispute_stage) == (case["dispute_id"], DisputeStage.OPENED)
    assert cases_of(gateway) == [told]


def test_two_parts_that_a_bank_takes_back_are_two(fake: FakePayPal, gateway: PayPalGateway) -> None:
    charge = paid(fake, gateway)
    lost = [gateway.follow(heard(fake.reverse(charge.reference, value)))[1] for value in ("4.00", "2.50")]
    assert [each.amount for each in lost] == [money(400), money(250)]
    assert len({each.reference for each in lost}) == 2
    assert [each.reference for each in cases_of(gateway)] == [each.reference for each in lost]


def test_a_case_that_was_won_does_not_hide_what_a_bank_takes_back_later(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    charge = paid(fake, gateway)
    won = fake.dispute(charge.reference)
    first = fake.reverse(charge.reference)  # by the case
    won |= {"status": "RESOLVED", "dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"}}
    before = (clock.now(None) - timedelta(hours=2)).isoformat()
    won["update_time"] = fake.report[-1]["transaction_initiation_date"] = before
    fake.refunds[first["resource"]["id"]]["create_time"] = before
    (told,) = gateway.follow(heard(first))  # heard late: that money is back
    assert (told.reference, told.dispute_stage) == (won["dispute_id"], DisputeStage.WON)
    _again, lost = gateway.follow(heard(fake.reverse(charge.reference)))
    assert lost.dispute_stage is DisputeStage.LOST
    assert {(each.reference, each.dispute_stage) for each in cases_of(gateway)} == {
        (won["dispute_id"], DisputeStage.WON),
        (lost.reference, DisputeStage.LOST),
    }
