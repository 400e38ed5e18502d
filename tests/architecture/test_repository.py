from __future__ import annotations

import json
import subprocess

import pytest

from tests.architecture.house import hold
from tests.architecture.repository import foreign_places, resolved_packages
from tests.architecture.source import ROOT


# The samples are put together here, for no file may hold them, this one included.
@pytest.mark.parametrize(
    "bad",
    [
        "https://{}.org/simple".format("pypi"),
        "https://registry.{}.org/htmx".format("npmjs"),
        "cd /{}/someone/allsquare".format("home"),
        '"/{}/checkout/src"'.format("work"),
        "> /{}/out.log".format("tmp"),
    ],
)
def test_foreign_places_are_found(bad: str) -> None:
    assert len(list(foreign_places("file", bad))) == 1


@pytest.mark.parametrize(
    "good",
    [
        "https://example.org/home/page/",
        "/var/lib/allsquare",
        "./home/page/x",
        "templates/home/index.html",
        "pip install uv",
    ],
)
def test_other_places_pass(good: str) -> None:
    assert not list(foreign_places("file", good))


def test_resolved_and_unhashed_packages_are_found() -> None:
    good = {"": {}, "node_modules/a": {"integrity": "sha512-x"}}
    assert not list(resolved_packages("lock", json.dumps({"packages": good})))
    for bad in ({"resolved": "https://x", "integrity": "sha512-x"}, {}):
        assert len(list(resolved_packages("lock", json.dumps({"packages": {"node_modules/a": bad}})))) == 1


def test_no_file_tells_where_it_was_made() -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    texts = ((name, (ROOT / name).read_bytes()) for name in names if name and (ROOT / name).is_file())
    hold("foreign_places", (v for n, t in texts if b"\0" not in t for v in foreign_places(n, t.decode())))


def test_the_npm_lock_names_no_host() -> None:
    hold(
        "resolved_packages", resolved_packages("package-lock.json", (ROOT / "package-lock.json").read_text())
    )
