"""Asking Stripe over its published HTTP interface."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import httpx

from allsquare.core import remote
from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.shared import Blanks, not_before, trusted
from allsquare.gateways.stripe import objects
from allsquare.gateways.stripe.forms import Value, form
from allsquare.payments.gateway_abilities import NewsUnavailable

API: Final = "https://api.stripe.com"
FILES: Final = "https://files.stripe.com"
"""Files are taken by a server of their own."""
VERSION: Final = "2024-06-20"
"""Of the interface that this adapter was written for; Stripe keeps speaking it whatever comes later."""
BLANKS: Final = Blanks(objects.NAME, _noop("Stripe's answer cannot be read."))


class StripeApi:
    """One account. Safe to use from many threads; keeps its connections."""

    def __init__(self, api_key: str, base_url: str) -> None:
        self._files = f"{base_url or FILES}/v1/files"
        self._http = httpx.Client(
            base_url=base_url or API,
            headers={"Authorization": f"Bearer {api_key}", "Stripe-Version": VERSION},
            timeout=httpx.Timeout(20, connect=5),
            verify=trusted(),
        )
        weakref.finalize(self, self._http.close)  # adapters come and go with their settings

    def one(self, path: str, *expand: str) -> Mapping[str, Any]:
        """One object. Raises ``NewsUnavailable``."""
        told = self.get(path, {f"expand[{place}]": name for place, name in enumerate(expand)} or None)
        if isinstance(told, Trouble) or not told.good:
            raise NewsUnavailable(said(told)[1])
        return told.body

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Every page of it. Raises ``NewsUnavailable``: a part must not pass for the whole."""
        query = {"limit": "100", **params}
        while True:
            page = self.get(path, query)
            if isinstance(page, Trouble) or not page.good:
                raise NewsUnavailable(said(page)[1])
            yield from page.body["data"]
            if not page.body["has_more"]:
                return
            query["starting_after"] = page.body["data"][-1]["id"]

    def get(self, path: str, params: Mapping[str, str] | None = None, *, key: str = "") -> Reply | Trouble:
        """As whoever holds ``key``, where one is given."""
        headers = {"Authorization": f"Bearer {key}"} if key else None
        return remote.request(self._http, "GET", path, params=params, headers=headers)

    def post(
        self, path: str, key: UUID, fields: Mapping[str, Value], *, version: str = VERSION
    ) -> Reply | Trouble:
        """In another ``version`` of the interface where ours lacks a word."""
        headers = {"Idempotency-Key": str(key), "Stripe-Version": version}
        return remote.request(self._http, "POST", path, form=form(fields), headers=headers)

    def upload(self, key: UUID, purpose: str, file: tuple[str, bytes, str]) -> Reply | Trouble:
        """``file`` is its name, its bytes and its media type."""
        return remote.request(
            self._http,
            "POST",
            self._files,
            form={"purpose": purpose},
            files={"file": file},
            headers={"Idempotency-Key": str(key)},
        )


def said(told: Reply | Trouble) -> tuple[str, str]:
    """Code and words of a refusal or of trouble."""
    if isinstance(told, Trouble):
        return told.code, told.message
    error = told.body.get("error")
    if not isinstance(error, dict):
        return f"http_{told.status}", BLANKS.unreadable
    code, message = objects.failure(error)
    return code or str(error.get("type") or f"http_{told.status}"), message


def made_since(key: UUID) -> dict[str, str]:
    """Of a list, what can be what ``key`` stands for."""
    first = not_before(key)
    return {"created[gte]": str(int(first.timestamp()))} if first else {}
