from __future__ import annotations

import os
from pathlib import Path

import pytest

from allsquare.core.embedded_postgres import log


def test_a_grown_log_is_kept_once_and_a_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LARGEST_BYTES", 10)
    path = tmp_path / "server.log"
    writer = log.open_log(path)
    for text in (b"first, and long\n", b"second, and long\n"):
        os.write(writer, text)
        log.rotate(path)
    os.write(writer, b"third\n")
    os.close(writer)
    log.rotate(path)
    assert path.read_bytes() == b"third\n"
    assert (tmp_path / "server.log.1").read_bytes() == b"second, and long\n"
    assert path.stat().st_mode & 0o777 == (tmp_path / "server.log.1").stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 2


def test_the_tail_is_short_and_tells_only_of_this_start(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    assert log.tail(path) == ""
    path.write_text("of yesterday\nof today\n")
    assert log.tail(path, since=len("of yesterday\n")) == "of today"
    assert log.tail(path, since=1_000_000) == "of yesterday\nof today", "the log was rotated meanwhile"
    path.write_text("x" * 100_000)
    assert len(log.tail(path)) == log.TAIL_BYTES
