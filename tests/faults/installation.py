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
RUN_STEP = "import django; django.setup(); from {steps} import main; main()"


@dataclass(frozen=True, slots=True)
class Installation:
    """``sandbox``: the settings of its account there. ``steps``: the module whose steps run within it. Its PostgreSQL
    is the embedded one in ``home``, unless ``more``, which is added to the environment, names another."""

    home: Path
    sandbox: dict[str, str]
    steps: str
    more: dict[str, str] = field(default_factory=dict)

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
        facts = json.dumps({"sandbox": self.sandbox})
        done = self._run(["-c", RUN_STEP.format(steps=self.steps), name, facts])
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

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
