"""The tests' side of ``asker.py``."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from allsquare.core.embedded_postgres import Cluster

SCRIPT = Path(__file__).with_name("asker.py")


def postmaster(cluster: Cluster) -> psutil.Process:
    """The server's first process; unlike the others it does not come and go."""
    return psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))


class Asker:
    """Another process that asks for the server of ``cluster``; use it as a context manager."""

    def __init__(self, cluster: Cluster, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, cluster.directory, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        assert self.hear() == {"ready": True}

    def tell(self) -> None:
        """Let it take its next step."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def hear(self, *, seconds: float = 60) -> dict[str, Any]:
        """Its next answer; empty when it has died or lets us wait too long."""
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return {}
        line = self.process.stdout.readline()
        return dict(json.loads(line)) if line else {}

    def ask(self) -> dict[str, Any]:
        """Let it take its next step and hear what came of it."""
        self.tell()
        return self.hear()

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
