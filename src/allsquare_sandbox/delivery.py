"""The deliverer: sends webhooks in the background and tries again until they are taken.

Signed by the Standard Webhooks specification. One account's deliveries go one after the other, in
order; several accounts go side by side. What waits is in the store, so a restart (or ``kill -9``)
forgets nothing; it may send something twice, as every provider may.
"""

from __future__ import annotations

import json
import logging
import math
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from allsquare_sandbox import timeline
from allsquare_sandbox.errors import ApiError
from allsquare_sandbox.records import Delivery, Event
from allsquare_sandbox.store import Store, account_by_id
from allsquare_sandbox.times import machine_now, stamp

log = logging.getLogger(__name__)

RETRY_AFTER = (0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 21600, 43200)
"""Seconds to wait after each failed try; then it is given up. The first are quick, so that a
demonstration is live."""
TIMEOUT = 10.0
LATE_BY = 600
"""How old a delivery of flavour ``late`` claims to be, in seconds; receivers must refuse beyond 300."""
CLOCK_EVERY = 15.0
ONCE = ("forged", "late")
"""Flavours that play an attacker, who does not try again."""

TROUBLE = (sqlite3.Error, ApiError)
"""What the store may answer, for instance when the disk is full or an account was reset under way: tried again."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery with what it takes to send it."""

    delivery: Delivery
    event: Event
    secret: str


class Deliverer(threading.Thread):
    """Runs until :meth:`stop`."""

    def __init__(self, store: Store) -> None:
        super().__init__(name="deliverer", daemon=True)
        self._store = store
        self._stopping = threading.Event()
        self._busy: set[str] = set()
        self._clock_due = 0.0
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="deliver")
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    def run(self) -> None:
        while not self._stopping.is_set():
            self._store.changed.clear()
            try:
                self._round()
                pause = self._pause()
            except TROUBLE:
                log.exception("looking for deliveries")
                pause = 1.0
            self._store.changed.wait(pause)

    def stop(self) -> None:
        self._stopping.set()
        self._store.changed.set()
        self.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    def _round(self) -> None:
        """Do what time brings about, now and then; set every account's deliveries going that has some due."""
        if time.monotonic() >= self._clock_due:
            timeline.run_everywhere(self._store)
            self._clock_due = time.monotonic() + CLOCK_EVERY
        for account_id in self._accounts_with_work() - self._busy:
            self._busy.add(account_id)
            self._pool.submit(self._serve, account_id)

    def _accounts_with_work(self) -> set[str]:
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT DISTINCT account_id FROM delivery WHERE state = 'waiting' AND next_try <= ?",
                [time.time()],
            )
            return {row["account_id"] for row in rows}

    def _pause(self) -> float:
        """Seconds until the next delivery of an account that is not being served is due, at most one."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT account_id, min(next_try) AS due FROM delivery WHERE state = 'waiting'"
                " GROUP BY account_id"
            ).fetchall()
        due = min((row["due"] for row in rows if row["account_id"] not in self._busy), default=math.inf)
        return min(1.0, max(0.01, due - time.time()))

    def _serve(self, account_id: str) -> None:
        """Send what one account has due, oldest first."""
        try:
            while not self._stopping.is_set():
                letter = self._next(account_id)
                if letter is None:
                    return
                self._send(letter)
        except TROUBLE:
            log.exception("delivering for %s", account_id)
            self._stopping.wait(1)
        finally:
            self._busy.discard(account_id)
            self._store.changed.set()

    def _next(self, account_id: str) -> Letter | None:
        with self._store.reading() as db:
            row = db.execute(
                "SELECT * FROM delivery WHERE account_id = ? AND state = 'waiting' AND next_try <= ?"
                " ORDER BY next_try, seq LIMIT 1",
                [account_id, time.time()],
            ).fetchone()
            if row is None:
                return None
            event = db.execute("SELECT * FROM event WHERE id = ?", [row["event_id"]]).fetchone()
            secret = account_by_id(db, account_id).webhook_secret
        return Letter(Delivery.of(row), Event.of(event), secret)

    def _send(self, letter: Letter) -> None:
        delivery = letter.delivery
        body, headers = signed(letter.event, letter.secret, delivery.flavour)
        status, error = 0, ""
        try:
            status = self._http.post(delivery.url, content=body, headers=headers).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            error = f"{type(problem).__name__}: {problem}"[:300]
        self._note(delivery, status, error)

    def _note(self, delivery: Delivery, status: int, error: str) -> None:
        tries = delivery.tries + 1
        taken = 200 <= status < 300
        state, wait = "waiting", 0.0
        if taken:
            state = "delivered"
        elif delivery.flavour in ONCE:
            state = "refused"
        elif tries > len(RETRY_AFTER):
            state = "given_up"
        else:
            wait = RETRY_AFTER[tries - 1]
        with self._store.writing() as db:
            db.execute(
                "UPDATE delivery SET state = ?, tries = ?, next_try = ?, last_status = ?, last_error = ?,"
                " last_tried_at = ? WHERE id = ?",
                [state, tries, time.time() + wait, status, error, stamp(machine_now()), delivery.id],
            )


def signed(event: Event, secret: str, flavour: str) -> tuple[str, dict[str, str]]:
    """Body and headers of one delivery; ``forged`` and ``late`` ones are made wrong on purpose."""
    body = event.body
    at = datetime.now(UTC)
    if flavour == "late":
        at = datetime.fromtimestamp(at.timestamp() - LATE_BY, UTC)
    signature = Webhook(secret).sign(event.id, at, body)
    if flavour == "forged":
        body = _inflated(body)  # the signature is that of the true body, so it does not fit
    return body, {
        "content-type": "application/json",
        "user-agent": "allsquare-sandbox",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def _inflated(body: str) -> str:
    """The lie that an attacker would tell: the same event with a hundred times the amount."""
    told = json.loads(body)
    told["data"]["amount"] = told["data"].get("amount", 0) * 100
    return json.dumps(told, separators=(",", ":"))
