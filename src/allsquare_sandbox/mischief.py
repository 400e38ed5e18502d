"""Misbehaviour on order: what to break, how often, and the dice that decide.

Dice are seeded, so a run with the same orders and the same requests breaks in the same places.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from allsquare_sandbox.errors import missing
from allsquare_sandbox.records import Mischief
from allsquare_sandbox.store import Work, new_id


class Kind(StrEnum):
    """The first five befall a request to the API, the others a webhook."""

    REQUEST_LOST = "request_lost"
    REPLY_LOST = "reply_lost"
    SLOW = "slow"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    WEBHOOK_DUPLICATED = "webhook_duplicated"
    WEBHOOK_REORDERED = "webhook_reordered"
    WEBHOOK_FORGED = "webhook_forged"
    WEBHOOK_LATE = "webhook_late"
    WEBHOOK_DROPPED = "webhook_dropped"


REQUEST_KINDS = (Kind.REQUEST_LOST, Kind.REPLY_LOST, Kind.SLOW, Kind.ERROR_BEFORE, Kind.ERROR_AFTER)
WEBHOOK_KINDS = tuple(kind for kind in Kind if kind not in REQUEST_KINDS)

MEANINGS = {
    Kind.REQUEST_LOST: "The connection breaks before anything is done",
    Kind.REPLY_LOST: "Everything is done, then the connection breaks without a reply",
    Kind.SLOW: "Everything is done, the reply comes after some seconds",
    Kind.ERROR_BEFORE: "Error 500, nothing is done",
    Kind.ERROR_AFTER: "Everything is done, then error 500",
    Kind.WEBHOOK_DUPLICATED: "Sent several times with the same id",
    Kind.WEBHOOK_REORDERED: "Held back, so that later news overtakes it",
    Kind.WEBHOOK_FORGED: "A copy with a changed amount and a bad signature is sent as well",
    Kind.WEBHOOK_LATE: "A copy signed ten minutes ago is sent as well",
    Kind.WEBHOOK_DROPPED: "Never sent (it can be sent again by hand)",
}


class Scope(StrEnum):
    """Which requests are meant. ``moves`` are those that move money: starting charges and refunds."""

    MOVES = "moves"
    CHARGES = "charges"
    REFUNDS = "refunds"
    READS = "reads"
    ALL = "all"

    def covers(self, operation: str) -> bool:
        if self is Scope.ALL:
            return True
        if self is Scope.MOVES:
            return operation in (Scope.CHARGES, Scope.REFUNDS)
        return operation == self.value


@dataclass(frozen=True, slots=True)
class MischiefOrder:
    """``remaining`` strikes (``None``: until cleared), each with ``probability``. ``seconds`` is how
    long slow and reordered take, ``copies`` how often a duplicated webhook is sent in all."""

    kind: Kind
    scope: Scope = Scope.MOVES
    remaining: int | None = 1
    probability: float = 1.0
    seconds: float = 3.0
    copies: int = 2
    seed: int = 1


def place(work: Work, order: MischiefOrder) -> Mischief:
    name = new_id("mis")
    work.add(
        "mischief",
        id=name,
        kind=order.kind,
        scope=order.scope,
        remaining=order.remaining,
        probability=order.probability,
        seconds=order.seconds,
        copies=order.copies,
        seed=order.seed,
        created_at=work.stamp,
    )
    return _get(work, name)


def clear(work: Work, name: str = "") -> int:
    """Stop one misbehaviour, or all; how many were stopped."""
    if name:
        _get(work, name)
    return work.db.execute(
        "DELETE FROM mischief WHERE account_id = ? AND (id = ? OR ? = '')", [work.account.id, name, name]
    ).rowcount


def listed(db: sqlite3.Connection, account_id: str) -> list[Mischief]:
    """All that were ordered, the spent ones too, newest first."""
    rows = db.execute("SELECT * FROM mischief WHERE account_id = ? ORDER BY seq DESC", [account_id])
    return [Mischief.of(row) for row in rows]


def lurks(db: sqlite3.Connection, account_id: str) -> bool:
    """Whether anything is on order at all (most requests need not take the writer's turn to find out)."""
    found = db.execute(
        "SELECT 1 FROM mischief WHERE account_id = ? AND (remaining IS NULL OR remaining > 0) LIMIT 1",
        [account_id],
    )
    return found.fetchone() is not None


def draw(work: Work, kinds: Iterable[Kind], operation: str) -> dict[Kind, Mischief]:
    """Throw the dice for one request or one webhook; at most one order of each kind strikes."""
    struck: dict[Kind, Mischief] = {}
    wanted = set(kinds)
    rows = work.db.execute(
        "SELECT * FROM mischief WHERE account_id = ? AND (remaining IS NULL OR remaining > 0) ORDER BY seq",
        [work.account.id],
    ).fetchall()
    for order in map(Mischief.of, rows):
        kind = Kind(order.kind)
        if kind not in wanted or kind in struck:
            continue
        if kind in REQUEST_KINDS and not Scope(order.scope).covers(operation):
            continue
        hit = random.Random(f"{order.seed}:{order.draws}").random() < order.probability  # noqa: S311  dice, no secret
        work.db.execute(
            "UPDATE mischief SET draws = draws + 1, hits = hits + ?, remaining = remaining - ? WHERE id = ?",
            [hit, hit, order.id],
        )
        if hit:
            struck[kind] = order
    return struck


def _get(work: Work, name: str) -> Mischief:
    row = work.db.execute(
        "SELECT * FROM mischief WHERE id = ? AND account_id = ?", [name, work.account.id]
    ).fetchone()
    if row is None:
        raise missing("mischief", name)
    return Mischief.of(row)
