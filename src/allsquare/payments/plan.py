"""When an open payment or refund is asked about again. Pure.

The first checks come soon, since a payer waits; each wait doubles up to the ceiling of its state.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allsquare.payments.states import PaymentState

#: How long a request may be under way before it is asked about: longer than an adapter's own time-outs.
GRACE = timedelta(seconds=30)

_FIRST_AND_CEILING: dict[str, tuple[timedelta, timedelta]] = {
    PaymentState.STARTED: (GRACE, timedelta(hours=1)),
    PaymentState.UNKNOWN: (timedelta(seconds=3), timedelta(hours=1)),
    PaymentState.NEEDS_ACTION: (timedelta(seconds=30), timedelta(hours=6)),
    PaymentState.PENDING: (timedelta(minutes=5), timedelta(hours=6)),
}


def next_check(state: str, *, checks: int, now: datetime) -> datetime | None:
    """The next time to ask, after ``checks`` checks; ``None`` for a state that has ended."""
    waits = _FIRST_AND_CEILING.get(state)
    if waits is None:
        return None
    first, ceiling = waits
    doubled: timedelta = first * 2 ** min(checks, 20)
    return now + min(doubled, ceiling)
