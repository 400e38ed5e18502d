"""localstripe, a stand-in for Stripe that others wrote, as a real process on loopback, and a bridge to it.

It knows less than Stripe. What our adapter asks, and it does not know, ``Bridge`` puts right on the way, and nothing
else; each of that, and of what cannot be put right, stands in ``gateways/stripe/test_localstripe_differences.py`` with
a test that it is so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.fakes.http_server import Asked, Object, Server

KEY: Final = "sk_test_of_the_tests"
SECRET: Final = "whsec_of_the_tests"

#: Fields of a payment intent that it refuses.
UNKNOWN_FIELDS: Final = ("description", "return_url")
#: What it cannot expand.
UNKNOWN_EXPANSIONS: Final = frozenset({"failure_balance_transaction"})
#: Lists that it does not have; of an account that never made one they are empty.
NO_LISTS: Final = frozenset({"/v1/checkout/sessions", "/v1/disputes"})
#: Lists that cannot be asked for a time.
WITHOUT_TIME: Final = frozenset({"/v1/payment_intents", "/v1/refunds", "/v1/payouts"})


class LocalStripe:
    """A process, which knows nothing at first and forgets everything in the end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.localstripe_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert " on http://" in line, f"localstripe did not start: {line!r}"
        self.url = line.split(" on ")[1].split()[0]
        self.http = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False
        )

    def close(self) -> None:
        self.http.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        finally:
            self._process.kill()
            self._process.stdout.close()

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(f"/v1{path}", params=query).raise_for_status().json()

    def post(self, path: str, fields: Mapping[str, str] | None = None) -> Any:
        return self.http.post(f"/v1{path}", data=fields or {}).raise_for_status().json()

    def kept_card(self, number: str = "4242424242424242") -> str:
        """A customer with this card; our name of it."""
        card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        return self._kept({"type": "card", **{f"card[{name}]": value for name, value in card.items()}})

    def kept_debit(self, iban: str) -> str:
        return self._kept({"type": "sepa_debit", "sepa_debit[iban]": iban})

    def _kept(self, fields: Mapping[str, str]) -> str:
        customer, method = self.post("/customers")["id"], self.post("/payment_methods", fields)["id"]
        self.post(f"/payment_methods/{method}/attach", {"customer": customer})
        return f"{customer}/{method}"

    def authenticate(self, intent: str, *, succeeds: bool) -> httpx.Response:
        """The payer, at their bank."""
        fields = {
            "client_secret": self.get(f"/payment_intents/{intent}")["client_secret"],
            "success": str(succeeds).lower(),
        }
        return self.http.post(f"/v1/payment_intents/{intent}/_authenticate", data=fields)

    def tell(self, url: str, *kinds: str) -> None:
        """News of these kinds goes to ``url``, signed with ``SECRET``."""
        self.http.post(
            "/_config/webhooks/tests", json={"url": url, "secret": SECRET, "events": [*kinds]}
        ).raise_for_status()


class Bridge(Server):
    """Between our adapter and localstripe: every request arrives there, every answer is its own, but for the
    differences that are known."""

    def __init__(self, localstripe: LocalStripe) -> None:
        super().__init__()
        self._http = localstripe.http
        self._types: dict[str, str] = {}

    def reply(self, asked: Asked) -> tuple[int, Object | bytes]:
        if asked.method == "GET" and asked.path in NO_LISTS:
            return 200, {"object": "list", "data": [], "has_more": False}
        query = {name: text for name, text in asked.query.items() if text not in UNKNOWN_EXPANSIONS}
        form = dict(parse_qsl(asked.body.decode()))
        for name in UNKNOWN_FIELDS:
            form.pop(name, None)
        times: dict[str, str] = {}
        if asked.path in WITHOUT_TIME:
            times = {name: query.pop(name) for name in [*query] if name.startswith("created[")}
            query["limit"] = "1000"
        if asked.path.startswith("/v1/payouts"):
            query.pop("expand[0]", None)
        told = self._http.request(
            asked.method,
            asked.path,
            params=query,
            data=form if asked.method == "POST" else None,
            headers={"Authorization": asked.headers["authorization"]},
        )
        if not told.headers["content-type"].startswith("application/json"):
            return told.status_code, told.content
        body = told.json()
        if "payment_method_types[0]" in form and "id" in body:
            self._types[body["id"]] = form["payment_method_types[0]"]
        if body.get("object") == "list":
            body["data"] = [self._whole(each) for each in reversed(body["data"]) if _within(each, times)]
        return told.status_code, self._whole(body)

    def _whole(self, found: Object) -> Object:
        if found.get("object") != "payment_intent":
            return found
        received = found["amount"] if found["status"] == "succeeded" else 0
        types = [self._types.get(found["id"], "card")]
        return {**found, "amount_received": received, "payment_method_types": types}


def _within(found: Object, times: Mapping[str, str]) -> bool:
    first, last = times.get("created[gte]", "0"), times.get("created[lte]", "99999999999")
    return int(first) <= int(found["created"]) <= int(last)


@pytest.fixture(scope="session")
def localstripe() -> Iterator[LocalStripe]:
    process = LocalStripe()
    yield process
    process.close()


@pytest.fixture(scope="session")
def bridge(localstripe: LocalStripe) -> Iterator[Bridge]:
    between = Bridge(localstripe)
    yield between
    between.close()
