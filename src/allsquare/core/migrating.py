"""Bringing the tables to this version while others work with them.

A change of a table waits for every transaction that touches the table, and whoever comes after it waits behind it: one
forgotten transaction and one migration together stop the shop. So a migration waits for a moment only, gives way, and
tries again. One process migrates at a time; the others wait for it and then find nothing left to do.

Nothing here relies on the state of a connection outside a transaction, so it works through a PgBouncer too. What runs
outside transactions (indexes that are built ``CONCURRENTLY``) holds nobody up; it has the limits of its role alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Final

import psycopg
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from allsquare.core.errors import AllsquareError

#: Somebody else had the table, or the other half of a deadlock: the migration was taken back and may be tried again.
_BUSY: Final = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
#: Seconds between two tries, from the first on; the queue that has built up behind a try drains meanwhile.
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
_LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('allsquare migrate', 0))"

Tell = Callable[[str], None]


class MigrationBlocked(AllsquareError):
    """Others held a table all the time. What was under way was taken back."""

    code = "migration_blocked"
    status = 503


class MigrationTooLong(AllsquareError):
    """One statement took longer than it was given. What was under way was taken back."""

    code = "migration_too_long"
    status = 503


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. ``lock``: that one statement waits for a table, and so the longest that others wait behind it.
    ``statement``: that one statement takes. 0 is no limit for both. ``patience``: until no new try begins, and until
    another process that migrates is waited for."""

    lock: float = 2.0
    statement: float = 0.0
    patience: float = 300.0


def migrate(*, tell: Tell, limits: Limits = Limits()) -> None:
    """Nothing happens when the tables are at this version. Each migration is a transaction of its own, so a new try
    goes on where the last one ended.

    Raises :class:`MigrationBlocked`, :class:`MigrationTooLong`.
    """
    until = time.monotonic() + limits.patience
    with _alone(tell, until) as ours:
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            try:
                with connection.execute_wrapper(_limited(limits)):
                    call_command("migrate", interactive=False, verbosity=0)
                return
            except OperationalError as error:
                if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                    raise _too_long(limits) from error
                if not isinstance(error.__cause__, _BUSY):
                    raise
                if time.monotonic() + pause > until:
                    raise _blocked(ours) from error
            tell(_("A table is in use. The migration gave way and tries again in %(n)d s.") % {"n": pause})
            time.sleep(pause)


@contextmanager
def _alone(tell: Tell, until: float) -> Iterator[int]:
    """The lock of whoever migrates, on a connection of its own; gives that connection's process.

    It is asked for again and again instead of waited for: a statement that waits has a snapshot, and the one who has
    the lock may be building an index, which waits for all snapshots.
    """
    guard = connection.copy()
    try:
        guard.set_autocommit(False)
        with guard.cursor() as cursor:
            told = False
            while True:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                cursor.execute(_LOCK)
                if cursor.fetchone()[0]:
                    break
                guard.rollback()
                if time.monotonic() > until:
                    raise MigrationBlocked(
                        _(
                            "Another process has been bringing the tables to its version for too long. See whether it "
                            "still works, end it if not, and run `allsquare migrate` again."
                        )
                    )
                if not told:
                    tell(_("Another process is bringing the tables to its version. Waiting for it."))
                told = True
                time.sleep(0.5)
            cursor.execute("SELECT pg_backend_pid()")
            yield int(cursor.fetchone()[0])
    finally:
        guard.close()


def _limited(limits: Limits) -> Callable[..., Any]:
    """Before each statement of a transaction its limits are said, on the same connection."""
    words = "; ".join(
        f"SET LOCAL {name} = {int(seconds * 1000)}"
        for name, seconds in (("lock_timeout", limits.lock), ("statement_timeout", limits.statement))
    )

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if connection.in_atomic_block:
            connection.connection.execute(words)
        return execute(sql, params, many, context)

    return run


def _blocked(ours: int) -> MigrationBlocked:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::int FROM pg_stat_activity
               WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s) AND xact_start IS NOT NULL
               ORDER BY xact_start LIMIT 1""",
            [ours],
        )
        found = cursor.fetchone()
    who = (
        _("The oldest transaction now is that of the database's process %(pid)s, for %(seconds)s s.")
        % {"pid": found[0], "seconds": found[1]}
        if found
        else _("No transaction is open now.")
    )
    return MigrationBlocked(
        _(
            "The tables could not be brought to this version, because others used them all the time. Everything that "
            "ran before still works. %(who)s Run `allsquare migrate` again when it is over."
        )
        % {"who": who}
    )


def _too_long(limits: Limits) -> MigrationTooLong:
    return MigrationTooLong(
        _(
            "The database cancelled a step of the migration, which may take %(seconds)s s. Everything that ran before "
            "still works. Run `allsquare migrate --statement-timeout 0` when few are at work: some may wait meanwhile."
        )
        % {"seconds": f"{limits.statement:g}" if limits.statement else _("any number of")}
    )
