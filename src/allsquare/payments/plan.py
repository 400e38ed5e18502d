"""When an open payment or refund is asked about again. Pure.

The first checks come soon, since a payer waits; each wait doubles up to the ceiling of its state. A provider that
answers again after a silence is asked about all that is unknown there without waiting for that: one after the other,
so that it is not buried under questions as soon as it is back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from allsquare.payments.states import PaymentState

#: How long a request may be under way before it is asked about: longer than an adapter's own time-outs.
GRACE = timedelta(seconds=30)

#: What of a provider is unknown is asked about with so much time between two questions, once it answers again.
APART: Final = timedelta(milliseconds=200)
#: After so many checks in vain (one and a half minutes) an answer is news of the provider, not only of the payment.
LONG: Final = 5

#: The longest wait for what is unknown. A provider with few payments never counts as down, so that nobody finds it
#: back; and where the one answer that came is lost on the way, another wait follows.
QUARTER: Final = timedelta(minutes=15)

#: States in which nobody knows whether money moves.
UNDECIDED: Final = (PaymentState.STARTED, PaymentState.UNKNOWN)

_FIRST_AND_CEILING: dict[str, tuple[timedelta, timedelta]] = {
    PaymentState.STARTED: (GRACE, QUARTER),
    PaymentState.UNKNOWN: (timedelta(seconds=3), QUARTER),
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


def turns(number: int, *, now: datetime) -> list[datetime]:
    """When ``number`` objects of one provider that is back are asked about. None before ``GRACE`` is over: what is
    being asked about at this moment has its answer by then, and nobody asks a second time beside it."""
    return [now + GRACE + place * APART for place in range(number)]
