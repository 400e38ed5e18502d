"""Whenever this process connects to the database, it sets its clock by the database's.

Leases, plans and tolerances are written by one process and read by another. Were each to believe its own machine, one
that is an hour ahead would take every lease for over: a mail would be sent by two, and a payment that is just being
asked for would be given up as never sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allsquare.core import clock

#: Seconds. An answer that took longer says too little about when it was given.
_PROMPT = 1.0


def set_clock(*, connection: Any, **_of_the_signal: object) -> None:
    """Ask a connection that was just made; what cannot be said in time leaves the clock as it is.

    By the driver itself: it is no statement of anybody's transaction.
    """
    asked = clock.uptime()
    said = connection.connection.execute("SELECT clock_timestamp()").fetchone()[0]
    answered = clock.uptime()
    if isinstance(said, datetime) and answered - asked <= _PROMPT:
        clock.keep_time(said, (asked + answered) / 2)
