"""Counting what really goes to the database, whichever cursor sends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock, patch

import psycopg

from allsquare.core.wire import Wire


@contextmanager
def statements_sent() -> Iterator[Mock]:
    """``call_count`` of what it gives is how many statements were sent within, by Django or past it; the second
    argument of each call is its text."""
    sent = Mock()

    def noted(really: Any) -> Any:
        def send(*args: Any, **kwargs: Any) -> Any:
            sent(*args, **kwargs)
            return really(*args, **kwargs)

        return send

    with (
        patch.object(psycopg.Cursor, "execute", noted(psycopg.Cursor.execute)),
        patch.object(Wire, "send", noted(Wire.send)),
    ):
        yield sent
