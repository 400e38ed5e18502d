"""Ruff holds these rules of the house; here it is shown that the configuration really asks it to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

HEAD = '"""A sample."""\n\nfrom __future__ import annotations\n\n'
ROOM = "src/allsquare/billing/sample.py"


def rules_broken(path: str, text: str) -> set[str]:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--output-format=concise",
        f"--stdin-filename={path}",
        "-",
    ]
    done = subprocess.run(command, cwd=ROOT, input=HEAD + text, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return {line.split()[1] for line in done.stdout.splitlines() if line.startswith(path)}


NOW = "from django.utils import timezone\n\nNOW = timezone.now()\n"
PRINT = "print(1)\n"


@pytest.mark.parametrize(
    ("rule", "path", "bad"),
    [
        ("TID251", ROOM, NOW),
        ("TID251", ROOM, "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"),
        ("TID251", ROOM, "from datetime import date\n\nTODAY = date.today()\n"),
        ("TID251", ROOM, "import time\n\nNOW = time.time()\n"),
        ("TID251", ROOM, "from django.dispatch import receiver\n\nX = receiver\n"),
        ("TID251", ROOM, "from django.db.models.signals import post_save\n\nX = post_save\n"),
        ("S308", ROOM, "from django.utils.safestring import mark_safe\n\nX = mark_safe(str(1))\n"),
        ("PLC0415", ROOM, "def f() -> object:\n    import json\n\n    return json\n"),
        ("BLE001", ROOM, "try:\n    X = 1\nexcept Exception:\n    X = 2\n"),
        ("T201", ROOM, PRINT),
        ("FIX002", ROOM, "X = 1  # {}: more\n".format("TODO")),
        ("PGH004", ROOM, "X = 1  # {}\n".format("noqa")),
    ],
)
def test_ruff_finds(rule: str, path: str, bad: str) -> None:
    assert rule in rules_broken(path, bad)


@pytest.mark.parametrize(
    ("path", "good"),
    [
        (ROOM, "import time\n\nSTARTED = time.monotonic()\n"),
        (ROOM, "from allsquare.core.clock import now\n\nNOW = now(None)\n"),
        ("src/allsquare/core/clock.py", "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"),
        ("src/allsquare/cli/sample.py", PRINT),
    ],
)
def test_ruff_passes(path: str, good: str) -> None:
    assert not rules_broken(path, good)
