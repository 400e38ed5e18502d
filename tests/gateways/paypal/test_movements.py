"""Which lines of PayPal's report are told as movements, by their event codes, and which it does not settle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.gateways.paypal import PayPalGateway
from allsquare.payments.gateway_abilities import HistoryUnavailable, ListedMovement
from tests.contracts.benches import money
from tests.fakes.paypal_server import FakePayPal


def told(gateway: PayPalGateway) -> list[ListedMovement]:
    now = clock.now(None)
    return list(gateway.movements(now - timedelta(days=60), now))


@pytest.mark.parametrize(
    ("code", "value", "kind"),
    [
        ("T0101", "-15.00", "fee"),
        ("T0300", "50.00", "bank"),
        ("T0006", "-25.99", "spent"),
        ("T0500", "-9.00", "spent"),
        ("T1400", "0.12", "adjustment"),
        ("T0200", "-100.00", "exchange"),
        # Somebody's payment, fees that are told with what they are about, a withdrawal, a hold, a refund.
        ("T0006", "25.99", None),
        ("T0106", "-16.00", None),
        ("T0107", "-0.35", None),
        ("T0400", "-500.00", None),
        ("T1110", "-80.00", None),
        ("T1107", "-4.00", None),
        ("T2101", "-4.00", None),
    ],
)
def test_the_event_code_says_what_it_is(
    fake: FakePayPal, gateway: PayPalGateway, code: str, value: str, kind: str | None
) -> None:
    name = fake.move(code, value)
    assert [(each.reference, each.kind, each.text) for each in told(gateway)] == (
        [(name, kind, code)] if kind else []
    )


def test_what_it_cost_went_as_well(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fake.move("T0001", "-100.00", words="Wages", fee="-0.25")
    (paid,) = told(gateway)
    assert (paid.amount, paid.text) == (money(-10025), "Wages")


def test_its_words_can_be_kept(fake: FakePayPal, gateway: PayPalGateway) -> None:
    """Whatever they hold: nobody could have PayPal say it otherwise."""
    fake.move("T0101", "-15.00", words="Fee\x00 \ud800" + "x" * 300)
    name = fake.move("T0101", "-15.00", words="\x00")
    first, second = told(gateway)
    assert (first.text, len(first.text)) == ("Fee ?" + "x" * 195, 200)
    assert second.text == name


def test_a_conversion_for_what_was_paid_is_told_and_one_for_a_payment_is_not(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    """The latter is booked with the payment that it is about."""
    paid = fake.move("T0006", "-30.00", "USD")
    out, into = fake.move("T0200", "-28.00", about=paid), fake.move("T0200", "30.00", "USD", about=paid)
    fake.move("T0200", "-30.00", "USD", about="8CAPTURE")
    assert [each.reference for each in told(gateway)] == [paid, out, into]


def test_what_has_not_ended_is_not_told(fake: FakePayPal, gateway: PayPalGateway) -> None:
    fake.move("T0300", "50.00")
    fake.report[-1]["transaction_status"] = "P"
    assert told(gateway) == []


def test_a_report_that_may_not_be_read_or_makes_no_sense_is_no_empty_one(
    fake: FakePayPal, gateway: PayPalGateway
) -> None:
    fake.move("T0300", "much")
    with pytest.raises(HistoryUnavailable):
        told(gateway)
    fake.may_report = False
    with pytest.raises(HistoryUnavailable):
        told(gateway)
