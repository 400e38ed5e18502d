"""A store that an earlier version wrote is brought up to date when it is opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from allsquare_sandbox.store import SCHEMA_VERSION, Store


def test_a_store_of_the_first_version_gets_what_came_later(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store(path)
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE charge DROP COLUMN challenge")
        db.execute("ALTER TABLE saved_method DROP COLUMN replaced_by")
        for column in ("reader", "asks_for_tip", "tip"):
            db.execute(f"ALTER TABLE charge DROP COLUMN {column}")
        db.execute("DROP TABLE reader")
        db.execute("PRAGMA user_version = 1")
    with Store(path).reading() as again:
        columns = {row["name"] for row in again.execute("PRAGMA table_info(charge)")}
        assert columns >= {"challenge", "reader", "asks_for_tip", "tip"}
        assert again.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
