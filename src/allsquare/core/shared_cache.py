"""Django's cache, in the database: one for all processes, and ``add`` is one statement.

Libraries count tries and remember used codes in the cache. Django's own database cache reads before it writes, so
of two processes that add the same key at once both could believe to be first. Values are JSON, so nothing that
somebody smuggled into the table is ever run.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

from allsquare.core.clock import now

_ADD = """INSERT INTO cache_entry AS old (key, value, ends_at) VALUES (%(key)s, %(value)s, %(ends_at)s)
          ON CONFLICT (key) DO UPDATE SET value = excluded.value, ends_at = excluded.ends_at
            WHERE old.ends_at <= %(now)s
          RETURNING key"""
_SET = """INSERT INTO cache_entry (key, value, ends_at) VALUES (%(key)s, %(value)s, %(ends_at)s)
          ON CONFLICT (key) DO UPDATE SET value = excluded.value, ends_at = excluded.ends_at"""
_GET = "SELECT value::text FROM cache_entry WHERE key = %(key)s AND (ends_at IS NULL OR ends_at > %(now)s)"
_TOUCH = """UPDATE cache_entry SET ends_at = %(ends_at)s
            WHERE key = %(key)s AND (ends_at IS NULL OR ends_at > %(now)s)"""
_DELETE = "DELETE FROM cache_entry WHERE key = %(key)s"
#: Every added value sweeps some old ones away, so the table stays as small as its traffic.
_SWEEP = """DELETE FROM cache_entry WHERE key IN (
              SELECT key FROM cache_entry WHERE ends_at <= %(now)s LIMIT 10 FOR UPDATE SKIP LOCKED)"""

Timeout = Any  # seconds, None for ever, or Django's mark for the default


class SharedCache(BaseCache):
    """Only what libraries use of a cache; ``incr`` is Django's own, in two statements."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(
        self, key: Any, value: Any, timeout: Timeout = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Was it not there yet? Of many that ask at once only one hears yes."""
        added = self._execute(_ADD, key, version, value=json.dumps(value), ends_at=self._end(timeout))
        if added:
            with connection.cursor() as cursor:
                cursor.execute(_SWEEP, {"now": now(None)})
        return bool(added)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        found = self._execute(_GET, key, version)
        return json.loads(found[0]) if found else default

    def set(
        self, key: Any, value: Any, timeout: Timeout = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._execute(_SET, key, version, value=json.dumps(value), ends_at=self._end(timeout))

    def touch(self, key: Any, timeout: Timeout = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._count(_TOUCH, key, version, ends_at=self._end(timeout)) > 0

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._count(_DELETE, key, version) > 0

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM cache_entry")

    def _end(self, timeout: Timeout) -> datetime | None:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else now(None) + timedelta(seconds=seconds)

    def _execute(self, statement: str, key: Any, version: int | None, **values: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._parameters(key, version, values))
            return cursor.fetchone() if cursor.description else None

    def _count(self, statement: str, key: Any, version: int | None, **values: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._parameters(key, version, values))
            return int(cursor.rowcount)

    def _parameters(self, key: Any, version: int | None, values: dict[str, Any]) -> dict[str, Any]:
        return {"key": self.make_and_validate_key(key, version), "now": now(None), **values}
