from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from allsquare.core.home import home


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALLSQUARE_HOME", "/srv/square")
    assert home() == Path("/srv/square")
    monkeypatch.setenv("ALLSQUARE_HOME", "~/square")
    assert home() == Path.home() / "square"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLSQUARE_HOME", "square")
    assert home() == tmp_path / "square"


@pytest.mark.parametrize("unset", [True, False], ids=["unset", "empty"])
def test_else_it_depends_on_who_runs_it(monkeypatch: pytest.MonkeyPatch, unset: bool) -> None:
    monkeypatch.setenv("ALLSQUARE_HOME", "")
    if unset:
        monkeypatch.delenv("ALLSQUARE_HOME")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert home() == Path("/var/lib/allsquare")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert home() == platformdirs.user_data_path("allsquare")
