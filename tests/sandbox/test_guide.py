"""The guide names everything that the sandbox has."""

from __future__ import annotations

from pathlib import Path

from allsquare_sandbox.api.routes import ROUTES
from allsquare_sandbox.cards import ACCOUNTS, CARDS
from allsquare_sandbox.mischief import Kind, Scope

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "sandbox.md").read_text(encoding="utf-8")


def test_every_test_number_with_what_it_does() -> None:
    rows = {line.split("|")[1].strip(" `"): line for line in GUIDE.splitlines() if line.startswith("| `")}
    for each in (*CARDS, *ACCOUNTS):
        assert each.spaced in rows
        assert each.decline[0] in rows[each.spaced]


def test_every_misbehaviour_and_scope() -> None:
    for name in (*Kind, *Scope):
        assert f"`{name}`" in GUIDE, name


def test_every_collection_of_the_api() -> None:
    for route in ROUTES:
        noun = "/".join(route.path.split("/")[:3])
        assert noun in GUIDE, noun
