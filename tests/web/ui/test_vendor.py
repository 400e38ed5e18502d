from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from pytest_django import Settings

from allsquare.web.ui.checks import frontend_files_present
from allsquare.web.ui.icons import icon_svg
from allsquare.web.ui.vendor import TRIMMED, VENDOR_FILES, VendorFinder


@pytest.mark.parametrize("name", [*VENDOR_FILES, *TRIMMED])
def test_every_named_file_is_found(name: str) -> None:
    found = finders.find(name)
    assert found is not None
    assert Path(found).is_file()


@pytest.mark.parametrize(
    "name", ["vendor/../htmx.org/package.json", "vendor/package.json", "htmx.org/dist/htmx.js"]
)
def test_nothing_else_of_node_modules_is_served(name: str) -> None:
    assert VendorFinder().find(name) == []


def test_collecting_lists_exactly_the_named_files() -> None:
    listed = dict(VendorFinder().list([]))
    assert listed.keys() == {*VENDOR_FILES, *TRIMMED}
    for name, storage in listed.items():
        with storage.open(name) as file:
            assert file.read(1)
    assert {name for name, _ in VendorFinder().list(["*.js"])} == {n for n in listed if n.endswith(".css")}


def test_without_front_end_files_pages_still_work_and_the_check_says_why(
    settings: Settings, tmp_path: Path
) -> None:
    assert frontend_files_present(None) == []
    settings.FRONTEND_DIR = tmp_path
    (warning,) = frontend_files_present(None)
    assert "npm ci" in str(warning.hint)
    assert VendorFinder().find("vendor/payer.css") == []
    assert list(VendorFinder().list(None)) == []
    assert icon_svg("send") == ""
