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
        db.execute("ALTER TABLE charge DROP COLUMN reader")
        db.execute("DROP TABLE reader")
        db.execute("PRAGMA user_version = 1")
    with Store(path).reading() as again:
        columns = {row["name"] for row in again.execute("PRAGMA table_info(charge)")}
        assert "challenge" in columns
        assert again.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
