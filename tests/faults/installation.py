"""An installation as a test of whole processes sees it: one home with its database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: Django is ready before the steps are imported.
RUN_STEPS = """
import django; django.setup()
from {steps} import STEPS
from tests.faults.stepping import serve
serve(STEPS)
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """``sandbox``: the settings of its account there. ``steps``: the module whose steps run within it, in one process
    from the first step on. Its PostgreSQL is the embedded one in ``home``, unless ``more``, which is added to the
    environment, names another."""

    home: Path
    sandbox: dict[str, str]
    steps: str
    more: dict[str, str] = field(default_factory=dict)
    _stepper: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return {
            **ours,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
            "DJANGO_SETTINGS_MODULE": "allsquare.config.settings",
            "ALLSQUARE_HOME": str(self.home),
            "ALLSQUARE_PAYMENT_HOSTS": self.sandbox["base_url"],
            **self.more,
        }

    def allsquare(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(["-m", "allsquare.cli", *arguments])

    def step(self, name: str) -> dict[str, Any]:
        stepper = self._stepping()
        assert stepper.stdin
        assert stepper.stdout
        stepper.stdin.write(json.dumps([name, {"sandbox": self.sandbox}]) + "\n")
        stepper.stdin.flush()
        line = stepper.stdout.readline()
        assert line, f"the step {name} failed; its process ended with {stepper.wait(timeout=60)}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """No more steps."""
        while self._stepper:
            stepper = self._stepper.pop()
            stepper.communicate(timeout=60)

    def _stepping(self) -> subprocess.Popen[str]:
        if not self._stepper:
            self._stepper.append(
                subprocess.Popen(
                    [sys.executable, "-c", RUN_STEPS.format(steps=self.steps)],
                    env=self.environment,
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        return self._stepper[0]

    def _run(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    @contextmanager
    def running(self, *arguments: str) -> Iterator[None]:
        """A command that goes on until the end, such as ``worker``."""
        log = (self.home / f"{arguments[0]}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "allsquare.cli", *arguments],
            env=self.environment,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            log.close()
