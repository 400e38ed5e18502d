"""When an open payment is asked about again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from allsquare.payments.plan import next_check
from allsquare.payments.states import OPEN, REFUND_OPEN, PaymentState, RefundState

NOW = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


@pytest.mark.parametrize("state", sorted({*OPEN, *REFUND_OPEN}))
def test_every_open_state_is_asked_about_ever_less_often_and_for_ever(state: str) -> None:
    times = [next_check(state, checks=checks, now=NOW) for checks in range(0, 10**6, 1000)]
    waits = [time - NOW for time in times if time is not None]
    assert len(waits) == len(times)
    assert waits == sorted(waits)
    assert timedelta(0) < waits[0] <= timedelta(minutes=5)
    assert waits[-1] <= timedelta(hours=6)


@pytest.mark.parametrize("state", sorted((set(PaymentState) - OPEN) | (set(RefundState) - REFUND_OPEN)))
def test_what_has_ended_is_not_asked_about(state: str) -> None:
    assert next_check(state, checks=0, now=NOW) is None


@pytest.mark.parametrize("state", [PaymentState.STARTED, PaymentState.UNKNOWN, RefundState.UNKNOWN])
def test_what_is_unknown_waits_for_no_longer_than_a_quarter_of_an_hour(state: str) -> None:
    """So whatever outage there was, and if the first answer after it is lost too, half an hour later it is known."""
    waits = [next_check(state, checks=checks, now=NOW) for checks in range(40)]
    assert max(time - NOW for time in waits if time is not None) == timedelta(minutes=15)
