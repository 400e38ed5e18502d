from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings as live_settings
from django.test import override_settings

from allsquare.web.ui.assets import asset
from allsquare.web.ui.static_build import ensure_static


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Static files, collected as an installation does."""
    root = tmp_path_factory.mktemp("home") / "static"
    storages = {
        **live_settings.STORAGES,
        "staticfiles": {"BACKEND": "allsquare.web.ui.storage.StaticStorage"},
    }
    with override_settings(STATIC_ROOT=root, STORAGES=storages):
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda _: ensure_static(), range(3)))
        assert sorted(answers) == [False, False, True], "one collects, the others wait for it"
        yield root


def manifest(root: Path) -> dict[str, str]:
    paths: dict[str, str] = json.loads((root / "staticfiles.json").read_text())["paths"]
    return paths


def test_names_carry_the_hash_of_the_content(root: Path) -> None:
    for hashed in manifest(root).values():
        assert re.search(r"\.[0-9a-f]{12}\.(css|js|svg|png)$", hashed)
        assert (root / hashed).is_file()


def test_what_goes_over_the_wire_is_compressed(root: Path) -> None:
    for name in ("vendor/payer.css", "ui/app.css", "vendor/htmx.js"):
        full = root / manifest(root)[name]
        for suffix in (".br", ".gz"):
            assert full.with_name(full.name + suffix).stat().st_size < full.stat().st_size / 2


def test_a_payers_page_is_light(root: Path) -> None:
    names = ("vendor/payer.css", "ui/app.css", "ui/theme.js", "ui/app.js", "ui/favicon.svg")
    sizes = [(root / (manifest(root)[name] + ".gz")).stat().st_size for name in names]
    assert sum(sizes) < 40_000


def test_the_integrity_hash_is_that_of_the_file_under_its_hashed_name(root: Path) -> None:
    address, integrity = asset("ui/app.js")
    hashed = manifest(root)["ui/app.js"]
    assert address.endswith(hashed)
    digest = hashlib.sha384((root / hashed).read_bytes()).digest()
    assert integrity == "sha384-" + base64.b64encode(digest).decode()


def test_nothing_is_done_twice(root: Path) -> None:
    assert ensure_static() is False


def test_a_lost_mark_is_made_good_and_files_of_an_earlier_version_stay(root: Path) -> None:
    old = root / "ui" / "app.000000000000.js"
    old.write_text("old")
    (root / ".collected").unlink()
    assert ensure_static() is True
    assert old.read_text() == "old"
    assert ensure_static() is False
