"""The store: one SQLite file in WAL mode. What was committed survives ``kill -9`` of the process.

Every request does its work in one transaction of one account (:class:`Work`). Writers take turns by a lock of
our own, since SQLite's busy handler sleeps and would starve some of forty threads.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from allsquare_sandbox.errors import ApiError
from allsquare_sandbox.records import Account
from allsquare_sandbox.times import stamp

SCHEMA_VERSION = 5
#: What brings the store of an earlier version to the one after it.
UPGRADES = {
    1: "ALTER TABLE charge ADD COLUMN challenge INTEGER NOT NULL DEFAULT 0",
    2: "ALTER TABLE saved_method ADD COLUMN replaced_by TEXT NOT NULL DEFAULT ''",
    3: "ALTER TABLE charge ADD COLUMN reader TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE reader (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE, label TEXT NOT NULL,"
    " online INTEGER NOT NULL DEFAULT 1, created_at TEXT NOT NULL) STRICT",
    4: "ALTER TABLE charge ADD COLUMN asks_for_tip INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE charge ADD COLUMN tip INTEGER NOT NULL DEFAULT 0",
}


@dataclass(slots=True)
class Work:
    """One transaction of one account. ``now`` is the account's own time."""

    db: sqlite3.Connection
    account: Account
    now: datetime

    @property
    def stamp(self) -> str:
        return stamp(self.now)

    def add(self, table: str, **values: str | int | float | None) -> None:
        """Insert one row of this account. Names of table and columns are ours, never a caller's."""
        values["account_id"] = self.account.id
        columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        self.db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608  see above


class StoreTooNew(Exception):
    """The file was written by a later version of the sandbox."""


class Store:
    """Opens, and makes when missing, the store at ``path``. ``changed`` is set after every commit, so
    that the deliverer need not poll."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changed = threading.Event()
        self._turn = threading.Lock()
        self._mine = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._prepare()

    def _prepare(self) -> None:
        db = self._connection()
        db.execute("PRAGMA journal_mode = WAL")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StoreTooNew(f"{self.path} was written by a later version (schema {version}).")
        if version == 0:
            schema = files("allsquare_sandbox").joinpath("schema.sql").read_text(encoding="utf-8")
            db.executescript(f"BEGIN; {schema}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
            return
        for earlier in range(version, SCHEMA_VERSION):
            db.executescript(f"BEGIN; {UPGRADES[earlier]}; PRAGMA user_version = {earlier + 1}; COMMIT;")

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        db: sqlite3.Connection | None = getattr(self._mine, "db", None)
        if db is None:
            db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = NORMAL")
            self._mine.db = db
        return db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One unchanging view of the store."""
        db = self._connection()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        db = self._connection()
        with self._turn:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        self.changed.set()

    @contextmanager
    def view(self, account_id: str) -> Iterator[Work]:
        """The same for reading only: writes are rolled back."""
        with self.reading() as db:
            account = account_by_id(db, account_id)
            yield Work(db, account, account.now)

    @contextmanager
    def work(self, account_id: str) -> Iterator[Work]:
        """All or nothing, for one account at its present time."""
        with self.writing() as db:
            account = account_by_id(db, account_id)
            yield Work(db, account, account.now)


def account_by_id(db: sqlite3.Connection, account_id: str) -> Account:
    row = db.execute("SELECT * FROM account WHERE id = ?", [account_id]).fetchone()
    if row is None:
        raise ApiError(404, "account_not_found", "There is no such account.")
    return Account.of(row)


def new_id(prefix: str) -> str:
    """``ch_…`` with 128 random bits: whoever holds a charge's id may open its payment page."""
    return f"{prefix}_{secrets.token_hex(16)}"
