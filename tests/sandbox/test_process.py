"""The process: starts, stops, dies and comes back with all that it had acknowledged."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.sandbox_process import OWNER_KEY, SandboxAccount, SandboxProcess


@pytest.fixture
def process(tmp_path: Path) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path / "deep" / "store.db")
    process.start()
    yield process
    if process.running:
        process.kill()


def test_it_stops_when_asked_and_comes_back_with_everything(process: SandboxProcess) -> None:
    account = process.account(name="Shop")
    charge = account.paid(1000)
    books = account.get("/books")["currencies"]

    assert process.stop() == 0
    process.start()

    with httpx.Client(
        base_url=process.base_url, headers={"Authorization": f"Bearer {account.api_key}"}
    ) as http:
        assert http.get(f"/v1/charges/{charge['id']}").json() == charge
        assert http.get("/v1/books").json()["currencies"] == books


def test_it_goes_when_its_starter_is_gone(process: SandboxProcess) -> None:
    assert process.close_input() == 0


@pytest.mark.faults
def test_neither_a_slow_answer_nor_a_silent_endpoint_holds_up_the_stop(process: SandboxProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        account = process.account(webhook_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        account.paid()
        account.misbehave("slow", seconds=60)
        asking = threading.Thread(target=_ask_and_lose, args=(account,))
        asking.start()
        while not account.http.get("/control/mischief").json()["data"][0]["hits"]:
            assert asking.is_alive()
        before = time.monotonic()

        assert process.stop() == 0

        assert time.monotonic() - before < 45  # neither the minute of the one nor the silence of the other
        asking.join(timeout=30)


def _ask_and_lose(account: SandboxAccount) -> None:
    with pytest.raises(httpx.HTTPError):
        account.charge()


@pytest.mark.faults
def test_what_was_acknowledged_survives_kill_9(process: SandboxProcess) -> None:
    account = process.account()
    token = account.paid(save_method=True)["payment_method"]["token"]
    acknowledged: dict[str, str] = {}
    asked: list[str] = []
    body = {"amount": 100, "currency": "EUR", "return_url": "http://shop.example/", "saved_method": token}
    headers = {"Authorization": f"Bearer {account.api_key}"}

    def charge_until_it_dies() -> None:
        with httpx.Client(base_url=process.base_url, headers=headers) as http:
            while True:
                key = str(uuid4())
                asked.append(key)
                try:
                    answer = http.post("/v1/charges", json=body, headers={"Idempotency-Key": key})
                except httpx.HTTPError:
                    return
                acknowledged[key] = answer.json()["id"]

    workers = [threading.Thread(target=charge_until_it_dies) for _ in range(4)]
    for worker in workers:
        worker.start()
    while len(acknowledged) < 100:
        assert any(worker.is_alive() for worker in workers)
    process.kill()
    for worker in workers:
        worker.join(timeout=20)
    process.start()

    with httpx.Client(base_url=process.base_url, headers=headers) as http:
        again = {
            key: http.post("/v1/charges", json=body, headers={"Idempotency-Key": key}).json()["id"]
            for key in asked
        }
        (line,) = http.get("/v1/books").json()["currencies"]

    assert len(acknowledged) >= 100
    assert {key: again[key] for key in acknowledged} == acknowledged  # none lost
    assert len(set(again.values())) == len(asked)
    assert line["charged"] == 1000 + 100 * len(asked)  # none doubled


def test_a_wrong_start_says_why(tmp_path: Path, process: SandboxProcess) -> None:
    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "allsquare_sandbox",
            "--data",
            str(tmp_path / "other.db"),
            *arguments,
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=30)

    taken = start("--port", process.base_url.rpartition(":")[2])
    assert (taken.returncode, "Cannot listen" in taken.stderr) == (1, True)
    weak = start("--webhook-secret", "x")
    assert (weak.returncode, "whsec_" in weak.stderr) == (2, True)


def test_only_its_own_names_are_answered(process: SandboxProcess) -> None:
    for host, status in (("evil.example", 400), ("localhost", 200), ("127.0.0.1", 200)):
        assert httpx.get(f"{process.base_url}/health", headers={"Host": host}).status_code == status


def test_the_owner_is_found_again_at_the_next_start(process: SandboxProcess) -> None:
    def owner() -> str:
        answer = httpx.get(f"{process.base_url}/v1/account", headers={"Authorization": f"Bearer {OWNER_KEY}"})
        return str(answer.json()["id"])

    first = owner()
    process.stop()
    process.start()

    assert owner() == first
