from __future__ import annotations

from datetime import date

import pytest

from allsquare.billing.states import (
    OPEN_STATES,
    TRANSITIONS,
    InvoiceState,
    after_cover,
    check,
    is_overdue,
)
from allsquare.core.errors import IllegalTransition

S = InvoiceState


@pytest.mark.parametrize("old", InvoiceState)
@pytest.mark.parametrize("new", InvoiceState)
def test_only_the_steps_in_the_table_are_legal(old: InvoiceState, new: InvoiceState) -> None:
    if (old, new) in TRANSITIONS:
        check(old, new)
        return
    with pytest.raises(IllegalTransition, match=f"{old.label.lower()} cannot become {new.label.lower()}"):
        check(old, new)


def test_nothing_returns_to_a_draft_and_void_is_the_end() -> None:
    assert not [step for step in TRANSITIONS if step[1] is S.DRAFT or step[0] is S.VOID]
    assert (S.PAID, S.VOID) not in TRANSITIONS
    assert (S.PARTLY_PAID, S.VOID) not in TRANSITIONS


@pytest.mark.parametrize(
    ("state", "paid", "credited", "becomes"),
    [
        (S.ISSUED, 0, 0, S.ISSUED),
        (S.SENT, 0, 0, S.SENT),
        (S.SENT, 0, 99, S.SENT),
        (S.SENT, 1, 0, S.PARTLY_PAID),
        (S.SENT, 0, 100, S.CREDITED),
        (S.PARTLY_PAID, 100, 0, S.PAID),
        (S.PARTLY_PAID, 40, 60, S.PAID),
        (S.PARTLY_PAID, 40, 59, S.PARTLY_PAID),
        (S.PARTLY_PAID, 0, 0, S.VIEWED),
        (S.PAID, 99, 0, S.PARTLY_PAID),
        (S.PAID, 0, 0, S.VIEWED),
        (S.PAID, 0, 100, S.CREDITED),
        (S.WRITTEN_OFF, 0, 50, S.WRITTEN_OFF),
    ],
)
def test_the_state_follows_what_is_paid_and_credited_of_100(
    state: InvoiceState, paid: int, credited: int, becomes: InvoiceState
) -> None:
    assert after_cover(state, total_minor=100, paid_minor=paid, credited_minor=credited) is becomes
    assert state is becomes or (state, becomes) in TRANSITIONS


def test_overdue_is_what_is_open_the_day_after_it_was_due() -> None:
    due, day_after = date(2026, 3, 1), date(2026, 3, 2)
    assert {state for state in S if is_overdue(state, due_on=due, today=day_after)} == OPEN_STATES
    assert not is_overdue(S.SENT, due_on=due, today=due)
    assert not is_overdue(S.SENT, due_on=None, today=day_after)
