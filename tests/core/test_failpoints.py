"""Armed only on purpose and only in a test; then the process really dies."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from allsquare.core import failpoints
from allsquare.core.failpoints import DIED, PERMISSION, VARIABLE, FailpointRefused, arm, reached

ALLOWED = {PERMISSION: "test"}


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm({})


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in (VARIABLE, PERMISSION)}
    return subprocess.run(
        [sys.executable, "-c", f"from allsquare.core import failpoints\n{code}"],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


PASSES = """
try:
    for number in range(3):
        print(number, flush=True)
        failpoints.reached("here")
finally:
    print("cleaned up", flush=True)
"""


@pytest.mark.parametrize(
    ("wish", "said", "status"),
    [
        ("", "0\n1\n2\ncleaned up\n", 0),
        ("elsewhere", "0\n1\n2\ncleaned up\n", 0),
        ("here", "0\n", DIED),
        ("elsewhere, here:3", "0\n1\n2\n", DIED),
    ],
)
def test_the_process_dies_there_as_by_kill_9(wish: str, said: str, status: int) -> None:
    ran = python(PASSES, **ALLOWED, **{VARIABLE: wish})
    assert (ran.stdout, ran.returncode) == (said, status)


def test_an_installation_that_is_no_test_does_not_start_armed() -> None:
    ran = python("print('started')", **{VARIABLE: "here", "ALLSQUARE_DEBUG": "0"})
    assert ran.returncode == 1
    assert "started" not in ran.stdout
    assert "FailpointRefused" in ran.stderr


@pytest.mark.parametrize("beside", [{}, {PERMISSION: "yes"}, {"ALLSQUARE_DEBUG": "0"}])
def test_the_name_alone_is_refused(beside: Mapping[str, str]) -> None:
    with pytest.raises(FailpointRefused, match=PERMISSION):
        arm({VARIABLE: "here", **beside})
    reached("here")


@pytest.mark.parametrize("times", ["0", "-1", "x", "1.5"])
def test_a_count_is_a_count(times: str) -> None:
    with pytest.raises(FailpointRefused, match="here"):
        arm({VARIABLE: f"here:{times}", **ALLOWED})


def test_unarmed_it_looks_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failpoints, "_die_if_told", lambda point: pytest.fail(f"looked at {point}"))
    arm({VARIABLE: " "})
    reached("here")
