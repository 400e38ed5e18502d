"""States only move forward, but for money, which is truth."""

from __future__ import annotations

from allsquare.payments.states import ENDED_UNPAID, OPEN, REFUND_OPEN, REFUND_TRANSITIONS, TRANSITIONS
from allsquare.payments.states import PaymentState as P
from allsquare.payments.states import RefundState as R


def test_every_state_is_open_or_ended_and_only_one_means_paid() -> None:
    assert OPEN | ENDED_UNPAID | {P.SUCCEEDED} == set(P)
    assert not OPEN & ENDED_UNPAID


def test_success_is_final_and_can_be_reached_from_everywhere() -> None:
    assert not [new for old, new in TRANSITIONS if old is P.SUCCEEDED]
    assert {old for old, new in TRANSITIONS if new is P.SUCCEEDED} == set(P) - {P.SUCCEEDED}


def test_what_ended_unpaid_leads_to_success_alone() -> None:
    assert {new for old, new in TRANSITIONS if old in ENDED_UNPAID} == {P.SUCCEEDED}


def test_nothing_leads_to_itself_or_back_to_the_start() -> None:
    assert not [(old, new) for old, new in TRANSITIONS if old is new or new is P.STARTED]
    assert not [(old, new) for old, new in REFUND_TRANSITIONS if old is new or new is R.STARTED]


def test_open_states_have_no_circle() -> None:
    """So that late news cannot keep a payment open for ever."""
    order = [P.STARTED, P.UNKNOWN, P.NEEDS_ACTION, P.PENDING]
    steps = [(old, new) for old, new in TRANSITIONS if old in OPEN and new in OPEN]
    assert all(order.index(old) < order.index(new) for old, new in steps)
    refund_order = [R.STARTED, R.UNKNOWN, R.PENDING]
    refund_steps = [
        (old, new) for old, new in REFUND_TRANSITIONS if old in REFUND_OPEN and new in REFUND_OPEN
    ]
    assert all(refund_order.index(old) < refund_order.index(new) for old, new in refund_steps)
