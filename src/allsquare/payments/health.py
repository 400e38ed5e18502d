"""When a payment provider counts as down, and when it is tried again. Asks nobody.

Nobody measures a provider all the time: what happens to attempts says how it is. One that had no answer is a trouble;
several within a while, beside few that were answered, mean that it is down. Then the next account of the route takes
new attempts, and after a pause one attempt tries whether it answers again. Only that one brings it back, so that a
provider that answers now and then does not come and go with every payment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from allsquare.payments.gateway import REQUEST_REFUSED, Status
from allsquare.payments.models import GatewayAccount

#: Troubles and answers count for so long.
WINDOW: Final = timedelta(minutes=5)
#: So many attempts in trouble it takes at least: one lost packet is not an outage.
LEAST: Final = 3
#: Attempts in the window that are looked at, at most: enough to tell.
MOST: Final = 200
#: Until the first probe; each that fails doubles the pause, up to the longest.
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(minutes=15)
#: Whoever is down again within this time after coming back waits as long as before.
RELAPSE: Final = timedelta(minutes=30)

#: What says that a provider does not do its work. A decline is an answer.
TROUBLED: Final = frozenset({Status.NOT_SENT, Status.UNKNOWN})
#: Codes that say nothing against a provider: it cannot take such a sum, or refused this one request for what stood in
#: it. Whoever pays has a hand in that, and must not be able to bring it down for everybody.
OF_ONE_REQUEST: Final = frozenset({"amount_unsupported", REQUEST_REFUSED})


@dataclass(frozen=True, slots=True)
class Turn:
    """Who takes an attempt: ``account``, as a probe where it is down; and who may take it instead, in this order, if
    it surely does not arrive there."""

    account: GatewayAccount
    probing: bool = False
    spares: tuple[GatewayAccount, ...] = ()


def outage(account_id: UUID, since: datetime) -> UUID:
    """The subject of an outage's task: the next outage is another one."""
    return uuid5(account_id, f"down {since.isoformat()}")


def is_trouble(status: Status, code: str) -> bool:
    return status in TROUBLED and code not in OF_ONE_REQUEST


def is_down(*, troubled: int, answered: int) -> bool:
    """At least half of what was asked of it, and not too little of it, had no answer."""
    return troubled >= LEAST and troubled >= answered


def pause_after(probes: int) -> timedelta:
    """How long to wait after so many probes in vain."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(probes, 20)
    return min(doubled, LONGEST_PAUSE)


def rests(account: GatewayAccount, now: datetime) -> bool:
    """Is it down, and not due for a probe? What can wait is not asked of it then."""
    return account.down_since is not None and (account.probe_at is None or account.probe_at > now)


def turn_of(candidates: Sequence[GatewayAccount], now: datetime, *, may_probe: bool = True) -> Turn:
    """The first that is up, or down and due for a probe. Where all are down and none is due, the first all the same:
    a payer is never turned away for what might work. ``candidates`` are at least one, in the order of the route."""
    chosen, probing = candidates[0], False
    for each in candidates:
        due = each.probe_at is not None and each.probe_at <= now
        if each.down_since is None or (may_probe and due):
            chosen, probing = each, each.down_since is not None
            break
    spares = tuple(each for each in candidates if each is not chosen and each.down_since is None)
    return Turn(chosen, probing, spares)
