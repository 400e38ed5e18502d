"""Primary keys: UUID version 7 (RFC 9562), so that new rows land at the end of every index."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from allsquare.core import clock

_MILLISECOND: Final = timedelta(milliseconds=1)


def new_id() -> UUID:
    """A new time-ordered id. Its time is that of ``core.clock``: some providers find what we asked for by it alone."""
    made, off = uuid7(), clock.correction()
    return UUID(int=made.int + (off // _MILLISECOND << 80)) if off else made


def first_id_at(moment: datetime) -> UUID:
    """No id that was made before ``moment`` is greater."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62)


def new_token() -> str:
    """A link secret of 128 random bits as 22 URL-safe characters. Store only :func:`token_digest` of it."""
    return secrets.token_urlsafe(16)


def token_digest(token: str) -> bytes:
    """What is stored of a link secret; 32 bytes. Plain SHA-256 is enough, the input being 128 random bits."""
    return sha256(token.encode()).digest()
