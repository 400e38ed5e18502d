"""Secrets are made once, kept, and readable by us alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from allsquare.config.secrets import encryption_keys, secret_key


def test_a_secret_stays_the_same_and_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALLSQUARE_SECRET_KEY", raising=False)
    first = secret_key(tmp_path)
    assert secret_key(tmp_path) == first
    assert len(first) > 40
    assert (tmp_path / "secrets" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_many_who_ask_at_once_get_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALLSQUARE_SECRET_KEY", raising=False)
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(lambda _: secret_key(tmp_path), range(64)))
    assert len(made) == 1


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLSQUARE_ENCRYPTION_KEYS", "new, old")
    assert encryption_keys(tmp_path) == ["new", "old"]
    assert not (tmp_path / "secrets").exists()
