"""Named places at which a test makes this very process die, to see what is left behind.

``reached("charge.answered")`` stands between two steps of a payment. It does nothing at all, until the process was
started with ``ALLSQUARE_FAILPOINT=charge.answered`` (or ``charge.answered:3``, the third time it comes by): then the
process ends there by ``os._exit``, as by ``kill -9``: no rollback is sent, no file flushed, no ``finally`` run.

An installation that handles real money must never be armed, so the variable alone is refused: it needs
``ALLSQUARE_DEBUG``, or ``ALLSQUARE_FAILPOINTS_ALLOWED=test``, beside it. A process that is armed without starts not at
all, since one that quietly ignores it would make a test believe that something was survived.

The list of all failpoints is not kept anywhere: ``tests/faults/test_failpoints.py`` reads them from the sources, and
fails for one at which it never came to die.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

VARIABLE: Final = "ALLSQUARE_FAILPOINT"
PERMISSION: Final = "ALLSQUARE_FAILPOINTS_ALLOWED"

#: The exit status of a process that died at a failpoint.
DIED: Final = 86

_armed: dict[str, int] = {}  # how often each is still passed, the deadly time included


class FailpointRefused(RuntimeError):
    """Somebody armed a failpoint where it may not be."""


def reached(point: str) -> None:
    """The process has come to ``point``; it goes on, unless it was armed to die here."""
    if _armed:
        _die_if_told(point)


def arm(environment: Mapping[str, str]) -> None:
    """Take ``ALLSQUARE_FAILPOINT`` from ``environment``: names with commas between them, none disarms.

    Raises :class:`FailpointRefused` where nothing says that this is a test, and for a count that is none.
    """
    _armed.clear()
    wish = environment.get(VARIABLE, "").strip()
    if not wish:
        return
    debug = environment.get("ALLSQUARE_DEBUG", "").lower() in {"1", "true", "yes", "on"}
    if not debug and environment.get(PERMISSION) != "test":
        raise FailpointRefused(
            f"{VARIABLE} is set, which makes this process die on purpose. Take it away; in a test, "
            f"set {PERMISSION}=test as well."
        )
    for part in wish.split(","):
        name, _, times = part.strip().partition(":")
        if times and not (times.isdecimal() and int(times) > 0):
            raise FailpointRefused(f"{VARIABLE}: after {name}: a count above zero is needed, not {times!r}.")
        _armed[name] = int(times or 1)


def _die_if_told(point: str) -> None:
    left = _armed.get(point)
    if left is None:
        return
    if left == 1:
        os._exit(DIED)
    _armed[point] = left - 1


arm(os.environ)
