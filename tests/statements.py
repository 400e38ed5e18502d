"""Counting what really goes to the database, whichever cursor sends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock, patch

import psycopg


@contextmanager
def statements_sent() -> Iterator[Mock]:
    """``call_count`` of what it gives is how many statements were sent within, by Django or past it."""
    with patch.object(psycopg.Cursor, "execute", autospec=True, side_effect=psycopg.Cursor.execute) as sent:
        yield sent
