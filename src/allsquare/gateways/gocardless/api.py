"""Asking GoCardless over its published HTTP interface."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from allsquare.core import remote
from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways.gocardless.objects import NAME
from allsquare.gateways.shared import Blanks, trusted
from allsquare.payments.gateway_abilities import NewsUnavailable

VERSION: Final = "2015-07-06"
"""Of the interface that this adapter was written for; GoCardless wants it named with every request."""
_HOSTS: Final = {
    "live_": "https://api.gocardless.com",
    "sandbox_": "https://api-sandbox.gocardless.com",
}
_CONFLICT: Final = "idempotent_creation_conflict"
BLANKS: Final = Blanks(NAME, _noop("GoCardless's answer cannot be read."))

#: Why an access token is not taken, in words for a clerk.
_TOKENS: Final[Mapping[str, str]] = {
    "access_token_not_found": _noop("GoCardless does not know this access token."),
    "access_token_revoked": _noop("This access token was revoked at GoCardless. Make a new one there."),
    "access_token_not_active": _noop(
        "This access token is not active any more. Make a new one at GoCardless."
    ),
    "insufficient_permissions": _noop(
        "This access token may only read. Make one with read-write access at GoCardless."
    ),
    "forbidden": _noop("GoCardless does not let this account do that. Its support can allow it."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What GoCardless did not do, and why. ``field`` is that of a request it did not like, ``existing`` what an earlier
    request with the same key made."""

    status: int
    reason: str
    message: str
    field: str = ""
    existing: str = ""


def host_of(token: str) -> str:
    """Each token says whether it is for real money; "" for what is no token."""
    return next((host for start, host in _HOSTS.items() if token.startswith(start)), "")


class GoCardlessApi:
    """One account. Safe to use from many threads; keeps its connections."""

    def __init__(self, token: str, base_url: str) -> None:
        self._http = httpx.Client(
            base_url=base_url or host_of(token),
            headers={"Authorization": f"Bearer {token}", "GoCardless-Version": VERSION},
            timeout=httpx.Timeout(20, connect=5),
            verify=trusted(),
        )
        weakref.finalize(self, self._http.close)  # adapters come and go with their settings

    def get(self, shelf: str, name: str) -> Mapping[str, Any]:
        """One object. Raises ``NewsUnavailable``."""
        told = self.ask("GET", f"/{shelf}/{quote(name, safe='')}")
        if isinstance(told, Trouble):
            raise NewsUnavailable(told.message)
        if isinstance(told, Refusal):
            raise NewsUnavailable(told.message)
        return _object(told, shelf)

    def pages(self, shelf: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """All of a list, newest first. Raises ``NewsUnavailable``: a part must not pass for the whole."""
        query = {"limit": "500", **params}
        while True:
            told = self.ask("GET", f"/{shelf}", params=query)
            if isinstance(told, Trouble | Refusal):
                raise NewsUnavailable(told.message)
            yield from told.body[shelf]
            after = told.body["meta"]["cursors"]["after"]
            if not after:
                return
            query["after"] = str(after)

    def make(
        self, shelf: str, fields: Mapping[str, object], key: str
    ) -> Mapping[str, Any] | Refusal | Trouble:
        """Make an object once; a repeat of ``key`` gives the one that is there. Raises ``NewsUnavailable`` when that
        one cannot be read."""
        headers = {"Idempotency-Key": key} if key else None
        told = self.ask("POST", f"/{shelf}", json={shelf: fields}, headers=headers)
        if isinstance(told, Refusal) and told.existing:
            return self.get(shelf, told.existing)
        return told if isinstance(told, Refusal | Trouble) else _object(told, shelf)

    def act(self, shelf: str, name: str, action: str) -> Mapping[str, Any] | Refusal | Trouble:
        told = self.ask("POST", f"/{shelf}/{quote(name, safe='')}/actions/{action}", json={})
        return told if isinstance(told, Refusal | Trouble) else _object(told, shelf)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply | Refusal | Trouble:
        # 409 is how GoCardless says that it did this before: an answer, where it is a riddle elsewhere.
        told = remote.request(
            self._http, method, path, params=params, json=json, headers=headers, answers=frozenset({409})
        )
        if isinstance(told, Trouble) or told.good:
            return told
        return _refusal(told)


def _object(told: Reply, shelf: str) -> Mapping[str, Any]:
    found = told.body.get(shelf)
    if not isinstance(found, dict):
        raise NewsUnavailable(BLANKS.unreadable)
    return found


def _refusal(told: Reply) -> Refusal | Trouble:
    """Only an error in GoCardless's own form says that nothing was done; anything else may be a proxy's."""
    error = told.body.get("error")
    if not isinstance(error, dict) or not isinstance(error.get("type"), str):
        return Trouble(True, f"http_{told.status}", BLANKS.unreadable)
    first = next((each for each in error.get("errors") or [] if isinstance(each, dict)), {})
    reason = str(first.get("reason") or error["type"])
    links = first.get("links")
    existing = links.get("conflicting_resource_id", "") if isinstance(links, dict) else ""
    if told.status == httpx.codes.CONFLICT and not (reason == _CONFLICT and existing):
        return Trouble(True, "http_409", str(error.get("message") or BLANKS.unreadable))
    field = str(first.get("field") or "")
    words = " ".join(
        part for part in (field, str(first.get("message") or error.get("message") or "")) if part
    )
    ours = _TOKENS.get(reason, "")
    return Refusal(
        status=told.status,
        reason=reason,
        message=ours or kept(_noop("GoCardless refused:"), words),
        field=field,
        existing=str(existing) if reason == _CONFLICT else "",
    )
