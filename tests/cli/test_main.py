"""The command as a whole: what somebody reads who runs it too early, or where no database is."""

from __future__ import annotations

import argparse

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError

from allsquare.cli import verify
from allsquare.cli.main import main


@pytest.mark.parametrize(
    ("outer", "cause", "says"),
    [
        (ProgrammingError, psycopg.errors.UndefinedTable(), "allsquare migrate"),
        (OperationalError, psycopg.OperationalError("connection refused"), "DATABASE_URL"),
    ],
)
def test_a_database_that_is_not_ready_is_a_sentence_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    outer: type[Exception],
    cause: Exception,
    says: str,
) -> None:
    def run(options: argparse.Namespace) -> int:
        raise outer("no") from cause

    monkeypatch.setattr(verify, "run", run)
    assert main(["verify"]) == 1
    assert says in capsys.readouterr().err


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(options: argparse.Namespace) -> int:
        raise ProgrammingError("no") from psycopg.errors.SyntaxError()

    monkeypatch.setattr(verify, "run", run)
    with pytest.raises(ProgrammingError):
        main(["verify"])
