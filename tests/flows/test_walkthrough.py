"""The command that closes the loop, as a person runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from allsquare.cli.walkthrough import TOGETHER


@pytest.fixture
def place() -> Iterator[Path]:
    """A home that the database's own user may pass through: pytest's directories are closed to it."""
    path = Path(tempfile.mkdtemp(prefix="allsquare-walk-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.mark.timeout(600)  # a dozen walks, each in a browser's pace
def test_the_walkthroughs_close_the_loop_and_leave_nothing_running(place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "allsquare.cli", "walkthrough", "--all", "--json"],
        env={
            **os.environ,
            "ALLSQUARE_HOME": str(place),
            "DJANGO_SETTINGS_MODULE": "allsquare.config.settings",
        },
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["ok"]
    assert [step["ok"] for step in told["steps"]] == [True] * len(told["steps"])
    assert {"Read the mail", "Pay on the provider's page", "Look at the books", "Prove the books"} <= {
        step["step"] for step in told["steps"]
    }
    walked = {step["step"].partition(":")[0] for step in told["steps"] if ":" in step["step"]}
    assert walked == {walk.name for walks in TOGETHER for walk in walks}
    assert _running_in(place) == []


def _running_in(place: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        environment = process.info["environ"] or {}
        if str(place) in " ".join(process.info["cmdline"] or ()) or environment.get(
            "ALLSQUARE_HOME", ""
        ).startswith(str(place)):
            found.append(" ".join(process.info["cmdline"] or ()))
    return found
