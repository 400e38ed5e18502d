"""The worker's steady rounds: one that fails does not stop the others."""

from __future__ import annotations

import signal
import threading

import pytest
from django.db import OperationalError

from allsquare.cli import worker
from allsquare.cli.worker import Round, go_round
from allsquare.core.errors import AllsquareError


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failure", [OperationalError("gone"), AllsquareError("no adapter")])
def test_a_failure_ends_a_round_and_not_the_worker(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    stopped = threading.Event()
    calls: list[str] = []

    def failing() -> int:
        calls.append("failing")
        raise failure

    def working() -> int:
        calls.append("working")
        if len(calls) >= 6:
            stopped.set()
        return 1

    go_round([Round("bad", 0.0, failing), Round("good", 0.0, working)], stopped)
    assert calls[:6] == ["failing", "working"] * 3
    assert "round bad failed" in caplog.text


def test_a_worker_without_its_rounds_does_not_look_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []

    def broken(todo: list[Round], stopped: threading.Event) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(worker, "go_round", broken)
    monkeypatch.setattr("os.kill", lambda pid, number: killed.append(number))
    with pytest.raises(RuntimeError):
        worker._go_round_or_end(threading.Event())
    assert killed == [signal.SIGTERM]
