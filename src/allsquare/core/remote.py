"""Asking another server over HTTP, and what may be concluded when no proper answer comes.

For requests that move money: no connection means that the request surely did not arrive; anything else that is not an
answer in the server's own form (a broken connection, a time-out, a 5xx, a proxy's page) means that it may have.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept

_SURELY_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_UNREACHABLE: Final = _noop(
    "The provider cannot be reached. Look whether this server is connected to the internet, and may speak to:"
)
_INSTANT: Final = 0.001  # seconds: what has no time left has its answer at once, or none
_SAYS_NOTHING: Final = frozenset({408, 409, 425, 429})
"""Send it again, whatever became of it: RFC 9110, RFC 8470 and RFC 6585; 409 is a repeat that came too early."""

#: By :func:`time.monotonic`, when whoever waits for answers goes on without them.
_patient_until: ContextVar[float | None] = ContextVar("patient_until", default=None)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer that could be believed. ``sent``: it may have arrived."""

    sent: bool
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the server's own form, a JSON object, good or not."""

    status: int
    body: Mapping[str, Any]

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


@contextmanager
def answered_within(span: timedelta) -> Iterator[None]:
    """Somebody looks at a page meanwhile: questions that are asked inside have so much time, all together. What may
    move money keeps its own: whoever hung up on that early would not know what became of it."""
    until = time.monotonic() + span.total_seconds()
    before = _patient_until.get()
    token = _patient_until.set(until if before is None else min(before, until))
    try:
        yield
    finally:
        _patient_until.reset(token)


def time_for(http: httpx.Client, *, only_asks: bool) -> httpx.Timeout:
    """How long an answer is waited for."""
    until = _patient_until.get()
    if until is None or not only_asks:
        return http.timeout
    left = max(until - time.monotonic(), _INSTANT)
    usual = http.timeout
    return httpx.Timeout(
        connect=min(left, usual.connect or left),
        read=min(left, usual.read or left),
        write=min(left, usual.write or left),
        pool=min(left, usual.pool or left),
    )


def request(
    http: httpx.Client,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    json: Mapping[str, object] | None = None,
    files: Mapping[str, tuple[str | None, bytes, str]] | None = None,
    answers: frozenset[int] = frozenset(),
    only_asks: bool = False,
) -> Reply | Trouble:
    """Send it once. Redirects are not followed: money goes nowhere else than was asked. ``answers`` are statuses that
    usually say nothing and by which this server does say what it did. ``files`` are name (``None`` for what is no
    file), bytes and media type, by field; ``form`` goes beside them. ``only_asks``, as every ``GET`` does: it moves no
    money."""
    try:
        response = http.request(
            method,
            path,
            headers=headers,
            params=params,
            data=form,
            json=json,
            files=files,
            timeout=time_for(http, only_asks=only_asks or method == "GET"),
        )
    except _SURELY_NOT_SENT:
        return Trouble(False, "unreachable", kept(_UNREACHABLE, http.base_url.host))
    except httpx.HTTPError as problem:
        return Trouble(True, "no_answer", kept(_noop("No answer came back."), str(problem)))
    return _believed(response, _SAYS_NOTHING - answers)


def _believed(response: httpx.Response, says_nothing: frozenset[int]) -> Reply | Trouble:
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and status not in says_nothing and (200 <= status < 300 or 400 <= status < 500):
        return Reply(status, body)
    said = kept(_noop("The provider gave no proper answer."), f"HTTP {status}")
    return Trouble(True, f"http_{status}", said)
