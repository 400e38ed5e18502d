"""Asking another server over HTTP, and what may be concluded when no proper answer comes.

For requests that move money: no connection means that the request surely did not arrive; anything else that is not an
answer in the server's own form (a broken connection, a time-out, a 5xx, a proxy's page) means that it may have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept

_SURELY_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_SAYS_NOTHING: Final = frozenset({408, 409, 425, 429})
"""Send it again, whatever became of it: RFC 9110, RFC 8470 and RFC 6585; 409 is a repeat that came too early."""


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
) -> Reply | Trouble:
    """Send it once. Redirects are not followed: money goes nowhere else than was asked. ``answers`` are statuses that
    usually say nothing and by which this server does say what it did. ``files`` are name (``None`` for what is no
    file), bytes and media type, by field; ``form`` goes beside them."""
    try:
        response = http.request(
            method, path, headers=headers, params=params, data=form, json=json, files=files
        )
    except _SURELY_NOT_SENT as problem:
        return Trouble(False, "unreachable", kept(_noop("The provider cannot be reached."), str(problem)))
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
