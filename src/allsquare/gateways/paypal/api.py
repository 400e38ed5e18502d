"""Asking PayPal over its published HTTP interface."""

from __future__ import annotations

import threading
import time
import weakref
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx

from allsquare.core import remote
from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.core.words import kept
from allsquare.gateways.paypal.objects import NAME
from allsquare.gateways.shared import Blanks, trusted
from allsquare.payments.gateway_abilities import NewsUnavailable

LIVE: Final = "https://api-m.paypal.com"
SANDBOX: Final = "https://api-m.sandbox.paypal.com"
_SPARE: Final = 120  # seconds before a token's end at which it is not used any more
BLANKS: Final = Blanks(NAME, _noop("PayPal's answer cannot be read."))


@dataclass(frozen=True, slots=True)
class Refusal:
    """What PayPal did not do, and why: the ``name`` of its error, and the ``issue`` of its first detail, which is the
    name where there is none."""

    status: int
    issue: str
    message: str
    name: str = ""


class Refused(NewsUnavailable):
    """PayPal answered, and does not tell: see ``refusal``."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class PayPalApi:
    """One account. Safe to use from many threads; keeps its connections and, while it is good, its token. Another
    process gets a token of its own, and one that PayPal does not take any more is replaced once."""

    def __init__(self, client_id: str, secret: str, base_url: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=httpx.Timeout(20, connect=5), verify=trusted())
        self._basic = "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()
        self._token, self._good_until = "", 0
        self._lock = threading.Lock()
        weakref.finalize(self, self._http.close)  # adapters come and go with their settings

    def one(self, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """One object. Raises ``NewsUnavailable``."""
        told = self.ask("GET", path, params=params)
        if isinstance(told, Trouble):
            raise NewsUnavailable(told.message)
        if isinstance(told, Refusal):
            raise Refused(told)
        return told.body

    def pages(self, path: str, shelf: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """All of a list by page number. Raises ``NewsUnavailable``: a part must not pass for the whole."""
        page, of = 1, 1
        while page <= of:
            body = self.one(path, {**params, "page": str(page)})
            yield from body.get(shelf) or []
            of = int(body.get("total_pages") or 0)
            page += 1

    def linked(self, path: str, shelf: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """All of a list whose pages lead to one another. Of the link only what it asks for is used, so that we ask
        nobody else. Raises ``NewsUnavailable`` and, for a link that leads nowhere, ``ValueError``."""
        query = dict(params)
        while True:
            body = self.one(path, query)
            yield from body.get(shelf) or []
            following = next((each for each in body.get("links") or [] if each.get("rel") == "next"), None)
            if following is None:
                return
            asked = query | dict(parse_qsl(urlsplit(str(following["href"])).query))
            if asked == query:
                raise ValueError("the next page has no name of its own")
            query = asked

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        files: Mapping[str, tuple[str | None, bytes, str]] | None = None,
        key: str = "",
    ) -> Reply | Refusal | Trouble:
        """``key`` makes a repeat give the first answer again (``PayPal-Request-Id``)."""
        refused = ""
        while True:
            token = self._bearer(but=refused)
            if not isinstance(token, str):
                return token
            headers = {"Authorization": f"Bearer {token}", "Prefer": "return=representation"}
            if key:
                headers["PayPal-Request-Id"] = key
            told = remote.request(
                self._http, method, path, params=params, json=json, files=files, headers=headers
            )
            if refused or not isinstance(told, Reply) or told.status != httpx.codes.UNAUTHORIZED:
                break
            refused = token  # withdrawn early: nothing was done
        if isinstance(told, Trouble) or told.good:
            return told
        return _refusal(told)

    def require_answer(self) -> None:
        """Raises ``NewsUnavailable`` while PayPal does not answer, or not to us."""
        token = self._bearer(anew=True)
        if not isinstance(token, str):
            raise NewsUnavailable(token.message)

    def _bearer(self, *, but: str = "", anew: bool = False) -> str | Refusal | Trouble:
        """Not the one that PayPal refused (``but``). Of many that were refused it at once, the first asks for another,
        which the others take: else the second would make the first one's worthless."""
        with self._lock:
            if not anew and self._token != but and time.monotonic_ns() < self._good_until:
                return self._token
            told = remote.request(
                self._http,
                "POST",
                "/v1/oauth2/token",
                form={"grant_type": "client_credentials"},
                headers={"Authorization": self._basic},
                only_asks=True,
            )
            if isinstance(told, Trouble):
                # No more than a token was asked for: whatever it was wanted for did not happen.
                return Trouble(False, told.code, told.message)
            if not told.good or not isinstance(told.body.get("access_token"), str):
                return Refusal(
                    told.status,
                    "invalid_client",
                    _noop("PayPal does not know this client ID with this secret, or they were revoked."),
                )
            self._token = told.body["access_token"]
            lasts = told.body.get("expires_in")
            seconds = lasts if isinstance(lasts, int) else 0
            self._good_until = time.monotonic_ns() + max(seconds - _SPARE, 0) * 10**9
            return self._token


def _refusal(told: Reply) -> Refusal | Trouble:
    """Only an error in PayPal's own form says that nothing was done; anything else may be a proxy's."""
    name = told.body.get("name") or told.body.get("error")
    if not isinstance(name, str):
        return Trouble(True, f"http_{told.status}", BLANKS.unreadable)
    details = told.body.get("details")
    first = next((each for each in details or [] if isinstance(each, dict)), {})
    words = str(
        first.get("description") or told.body.get("message") or told.body.get("error_description") or ""
    )
    return Refusal(told.status, str(first.get("issue") or name), kept(_noop("PayPal refused:"), words), name)
