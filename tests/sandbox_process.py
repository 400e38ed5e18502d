"""The sandbox as a real process on loopback, for every test that needs a payment provider.

``sandbox`` is a fresh account of its own (key, webhooks, clock, misbehaviour), so tests do not disturb each other;
the process behind it is started once per test run and dies with it, even when the run is killed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from allsquare.gateways.shared import trusted

OWNER_KEY = "sk_sandbox_owner_of_the_tests"


class SandboxProcess:
    """``python -m allsquare_sandbox`` with its own store. Start, kill and start again as a test needs."""

    def __init__(self, data: Path, *, port: int = 0) -> None:
        self.data = data
        self.base_url = ""
        self._port = port
        self._process: subprocess.Popen[str] | None = None
        self._clients: list[httpx.Client] = []

    def start(self) -> None:
        """Returns when connections are taken. The port stays the same after a restart."""
        command = [sys.executable, "-m", "allsquare_sandbox", "--with-parent", "--data", str(self.data)]
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "ALLSQUARE_SANDBOX_API_KEY": OWNER_KEY},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert " on http://" in line, f"the sandbox did not start: {line!r}"
        self.base_url = line.split()[-1]
        self._port = int(self.base_url.rpartition(":")[2])

    def kill(self) -> None:
        """As ``kill -9``."""
        self._running.kill()
        self._end()

    def stop(self) -> int:
        """As Ctrl-C or a service manager would; the exit status."""
        self._running.terminate()
        return self._end()

    def close_input(self) -> int:
        """As if whoever started it were gone; the exit status."""
        return self._end()

    @property
    def _running(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    @property
    def running(self) -> bool:
        return self._process is not None

    def _end(self) -> int:
        process, self._process = self._running, None
        while self._clients:
            self._clients.pop().close()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            return process.wait(timeout=20)
        finally:
            process.kill()
            process.stdout.close()

    def account(self, **settings: Any) -> SandboxAccount:
        """Open a new account; settings as of ``POST /v1/accounts`` (``webhook_url``, ``debit_days`` …)."""
        told = httpx.post(
            f"{self.base_url}/v1/accounts",
            json=settings,
            headers={"Authorization": f"Bearer {OWNER_KEY}"},
            verify=trusted(),
        )
        told.raise_for_status()
        made = told.json()
        http = httpx.Client(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {made['api_key']}"},
            verify=trusted(),
            trust_env=False,
        )
        self._clients.append(http)
        return SandboxAccount(self.base_url, made["id"], made["api_key"], made["webhook_secret"], http)


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """One merchant's account at the sandbox, and the hands to make it misbehave."""

    base_url: str
    id: str
    api_key: str
    webhook_secret: str
    http: httpx.Client

    @property
    def settings(self) -> dict[str, str]:
        """For the adapter."""
        return {"base_url": self.base_url, "api_key": self.api_key, "webhook_secret": self.webhook_secret}

    def get(self, path: str, **query: str) -> Any:
        """``GET /v1…``; raises for anything but success."""
        return self.http.get(f"/v1{path}", params=query).raise_for_status().json()

    def charge(self, amount: int = 1000, currency: str = "EUR", **more: Any) -> Any:
        """Start a charge of ``amount`` minor units."""
        body = {"amount": amount, "currency": currency, "return_url": "http://shop.example/back", **more}
        key = {"Idempotency-Key": str(uuid4())}
        return self.http.post("/v1/charges", json=body, headers=key).raise_for_status().json()

    def paid(
        self, amount: int = 1000, currency: str = "EUR", *, number: str = "4242424242424242", **more: Any
    ) -> Any:
        """A charge, and its payer who used the card or IBAN ``number``."""
        return self.control(f"/charges/{self.charge(amount, currency, **more)['id']}/pay", number=number)

    def refund(self, charge: str, amount: int, currency: str = "EUR") -> httpx.Response:
        body = {"charge": charge, "amount": amount, "currency": currency}
        return self.http.post("/v1/refunds", json=body, headers={"Idempotency-Key": str(uuid4())})

    def control(self, path: str, **body: Any) -> Any:
        """``POST /control…``: play the payer or the banks, move the clock."""
        return self.http.post(f"/control{path}", json=body).raise_for_status().json()

    def misbehave(self, kind: str, **order: Any) -> Any:
        """Order a misbehaviour, once unless ``count`` says otherwise (0: until cleared)."""
        return self.control("/mischief", kind=kind, **order)


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox") / "store.db")
    process.start()
    yield process
    if process.running:
        process.stop()


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> Iterator[SandboxAccount]:
    account = sandbox_process.account()
    yield account
    account.http.close()
