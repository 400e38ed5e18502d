"""An answer of the sandbox, or why there is none that could be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from allsquare.core.remote import time_for
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept

_SURELY_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_SAYS_NOTHING = frozenset({408, 425})  # by RFC 9110 and RFC 8470: send it again, whatever became of it


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer that could be believed."""

    sent: bool
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in the provider's own form; ``code`` and ``message`` when it is a refusal."""

    http_status: int
    body: Mapping[str, Any]
    code: str = ""
    message: str = ""


def ask(
    http: httpx.Client,
    method: str,
    path: str,
    *,
    key: UUID | None = None,
    json: Mapping[str, object] | None = None,
    params: Mapping[str, str] | None = None,
) -> Answer | Trouble:
    headers = {"Idempotency-Key": str(key)} if key else {}
    try:
        wait = time_for(http, only_asks=method == "GET")
        response = http.request(method, path, json=json, params=params, headers=headers, timeout=wait)
    except _SURELY_NOT_SENT as problem:
        return Trouble(
            sent=False,
            code="unreachable",
            message=kept(_noop("The sandbox cannot be reached."), str(problem)),
        )
    except httpx.HTTPError as problem:
        return Trouble(sent=True, code="no_answer", message=kept(_noop("No answer came back."), str(problem)))
    return _believed(response)


def _believed(response: httpx.Response) -> Answer | Trouble:
    """Only an answer in the provider's own form says what it did; a proxy's error page says nothing."""
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or status >= 500 or status in _SAYS_NOTHING:
        return Trouble(
            sent=True,
            code=f"http_{status}",
            message=kept(_noop("The sandbox gave no proper answer."), f"HTTP {status}"),
        )
    if 200 <= status < 300:
        return Answer(status, body)
    error = body.get("error")
    if status >= 400 and isinstance(error, dict) and isinstance(error.get("code"), str) and error["code"]:
        return Answer(status, body, error["code"], str(error.get("message", "")))
    return Trouble(
        sent=True,
        code=f"http_{status}",
        message=kept(_noop("The sandbox gave no proper answer."), f"HTTP {status}"),
    )
