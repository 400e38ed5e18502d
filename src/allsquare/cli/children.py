"""Processes that a command starts, keeps running, and never leaves behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

from allsquare.core.errors import AllsquareError

#: Seconds a process gets to end after SIGTERM before it is killed.
PATIENCE = 15.0


class ProcessFailed(AllsquareError):
    """A process of ours did not start."""

    code = "process_failed"
    status = 500


@dataclass(slots=True)
class Child:
    """One process. ``keep``: started anew whenever it ends, whatever its exit status."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    keep: bool = True
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    started_at: float = 0.0

    def start(self) -> None:
        """In a session of its own, so that Ctrl-C reaches only us and we stop it in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()  # of the one that ended
        self.kill_group()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.starts += 1
        self.started_at = time.monotonic()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def said(self, *, characters: int = 2000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, patience: float) -> None:
        """Wait for it; kill it (and whatever it started) when it takes too long."""
        if self.process is None:
            return
        stdin: IO[bytes] | None = self.process.stdin
        if stdin:
            stdin.close()
        try:
            self.process.wait(timeout=max(patience, 0.1))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.kill_group()

    def kill_group(self) -> None:
        """End what the process started and left behind: ``kill -9`` of a web server leaves its workers answering."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):  # nothing was left
                os.killpg(self.process.pid, signal.SIGKILL)


class Children:
    """Starts processes, starts again those that end, and stops all, last first."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, child: Child) -> Child:
        self._children.append(child)
        child.start()
        return child

    def tend(self) -> None:
        """Start again what has ended. A process that keeps dying waits longer each time, up to ten seconds."""
        for child in self._children:
            if child.keep and not child.running:
                pause = min(10.0, 0.2 * 2 ** min(child.starts, 6))
                if time.monotonic() - child.started_at >= pause:
                    child.start()

    def stop(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for child in reversed(self._children):
            child.ask_to_end()
        for child in reversed(self._children):
            child.end(deadline - time.monotonic())
        self._children.clear()


def allsquare_command(*arguments: str) -> list[str]:
    """This same programme, as another process."""
    return [sys.executable, "-m", "allsquare.cli", *arguments]


def wait_for(child: Child, url: str, *, seconds: float = 60.0) -> None:
    """Until ``url`` answers anything. Raises :class:`ProcessFailed` with the end of the process's log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and child.running:
        try:
            httpx.get(url, timeout=5.0, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise ProcessFailed(f"{child.name} did not start. Its log {child.log} ends:\n{child.said()}")
