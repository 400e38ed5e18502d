"""The files of the house, and the exceptions that were granted with a reason (``allowed.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache

from tests.architecture.source import ROOT, Source, Violation

PACKAGES = ROOT / "src" / "allsquare"


@cache
def sources(pattern: str = "**/*.py") -> tuple[Source, ...]:
    """Files of ``src/allsquare`` that match ``pattern``, migrations left out."""
    paths = (path for path in PACKAGES.glob(pattern) if "migrations" not in path.parts)
    return tuple(_read(str(path.relative_to(ROOT))) for path in sorted(paths))


@cache
def all_sources() -> tuple[Source, ...]:
    """Every Python file that people wrote, tests and the sandbox provider included."""
    paths = (path for top in ("src", "tests", "bench", "translations") for path in (ROOT / top).rglob("*.py"))
    return tuple(
        _read(str(path.relative_to(ROOT))) for path in sorted(paths) if "migrations" not in path.parts
    )


@cache
def _read(path: str) -> Source:
    return Source(path, (ROOT / path).read_text())


def private(source: Source) -> bool:
    """``_helpers.py`` and ``__init__.py``: not a file that others call."""
    return source.path.rpartition("/")[2].startswith("_")


def hold(rule: str, violations: Iterable[Violation]) -> None:
    """Fail on each violation that ``allowed.toml`` does not grant, and on each grant that nothing needs."""
    granted = tomllib.loads((ROOT / "tests/architecture/allowed.toml").read_text()).get(rule, {})
    found = sorted(violations)
    broken = [str(violation) for violation in found if violation.place not in granted]
    stale = sorted(granted.keys() - {violation.place for violation in found})
    problems = broken + [
        f"{place}: allowed for {rule} in allowed.toml, but nothing there needs it" for place in stale
    ]
    assert not problems, "\n".join(["", *problems])
