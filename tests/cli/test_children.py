"""Processes are kept running, and none is left behind."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from allsquare.cli.children import Child, Children, ProcessFailed, wait_for


def _sleeper(log: Path, *, code: str = "import time; time.sleep(60)", keep: bool = True) -> Child:
    return Child("sleeper", [sys.executable, "-c", code], log, keep=keep)


def _pid(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    with Children() as children:
        child = children.start(_sleeper(tmp_path / "log"))
        first = _pid(child)
        psutil.Process(first).kill()
        deadline = time.monotonic() + 60
        while child.starts < 2 and time.monotonic() < deadline:
            children.tend()
            time.sleep(0.05)
        second = _pid(child)
        assert child.running
        assert second != first
    assert not psutil.pid_exists(second)


@pytest.mark.parametrize("again", [True, False])
def test_what_a_killed_process_started_does_not_outlive_it(tmp_path: Path, again: bool) -> None:
    code = "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    with Children() as children:
        child = children.start(_sleeper(tmp_path / "log", code=f"{code}time.sleep(60)", keep=again))
        process = psutil.Process(_pid(child))
        deadline = time.monotonic() + 60
        while not process.children() and time.monotonic() < deadline:
            time.sleep(0.05)
        [left] = process.children()
        process.kill()
        while again and child.starts < 2 and time.monotonic() < deadline:
            children.tend()
            time.sleep(0.05)
        if again:
            left.wait(timeout=30)
    left.wait(timeout=30)
    assert not left.is_running()


def test_a_process_that_does_not_want_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allsquare.cli.children.PATIENCE", 0.5)
    ignore = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    deaf = f"{ignore}print('deaf', flush=True)\ntime.sleep(60)"
    log = tmp_path / "log"
    with Children() as children:
        child = children.start(_sleeper(log, code=deaf))
        deadline = time.monotonic() + 60
        while "deaf" not in child.said() and time.monotonic() < deadline:
            time.sleep(0.02)
        pid = _pid(child)
    assert not psutil.pid_exists(pid)


def test_what_does_not_start_says_why(tmp_path: Path) -> None:
    with Children() as children:
        child = children.start(
            _sleeper(tmp_path / "log", code="raise SystemExit('no such thing')", keep=False)
        )
        with pytest.raises(ProcessFailed, match="no such thing"):
            wait_for(child, "http://127.0.0.1:9/", seconds=60)


def test_a_process_ends_with_its_starter(tmp_path: Path) -> None:
    """The starter is killed with -9; what it started notices that its standard input has ended."""
    child_code = (
        "import time\nfrom allsquare.cli.parent import end_with_parent\nend_with_parent()\ntime.sleep(60)"
    )
    starter_code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child_code!r}], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\ntime.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", starter_code], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    starter.stdout.close()
    deadline = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"
