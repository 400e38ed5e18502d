"""Faults 20 and 21, once each and at a moment that is surely amid something: PostgreSQL under settling, worker and
PostgreSQL amid a job, the web server amid a request. The kill loop does it at random.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.long]


@pytest.mark.timeout(600)
def test_whatever_dies_amid_something_it_is_done_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killing"],
        env={name: value for name, value in os.environ.items() if not name.startswith("ALLSQUARE_")},
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told = json.loads(done.stdout)
    print(done.stdout)  # noqa: T201  # the figures, for `pytest -s`
    settling = told["postgres under settling"]
    assert settling["lost"] == 0
    assert settling["before"] < settling["acknowledged"], "it was killed while they worked"
    assert settling["unanswered"] >= 1
    for victim in ("worker", "postgres"):
        assert told[f"{victim} amid a job"]["documents"] == 1
    request = told["web amid a request"]
    assert (request["unanswered"], request["acknowledged"], request["payments"]) == (1, 1, 1)
    assert (told["doubled"], told["trial balance"], told["verify"]) == ([], 0, [])
