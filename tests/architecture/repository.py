"""What no file of the repository may tell: where it was made, and which host its parts came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.architecture.source import Violation

#: Hosts of package registries and of networks that serve packages; locks name hashes, never hosts.
_REGISTRY = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|jsdelivr|unpkg|cdnjs|crates|rubygems)\.(?:org|com|net|io|dev)\b"
)
#: Absolute paths of somebody's machine: homes and working folders.
_MACHINE = re.compile(r"(?<![\w.:/])/(?:home|Users|work|mnt)/[\w.-]+/|(?<![\w.:/])/tmp/[\w.-]+")


def foreign_places(path: str, text: str) -> Iterator[Violation]:
    """Registry hosts and absolute paths of a machine."""
    for number, line in enumerate(text.splitlines(), start=1):
        for found in _REGISTRY.finditer(line):
            yield Violation(path, number, f"names the registry {found[0]}")
        for found in _MACHINE.finditer(line):
            yield Violation(path, number, f"names a place on one machine: {found[0]}")


def resolved_packages(path: str, text: str) -> Iterator[Violation]:
    """Packages of an npm lock that name the host they came from."""
    for name, package in json.loads(text)["packages"].items():
        if "resolved" in package:
            yield Violation(path, 1, f"{name} says where it was resolved")
        elif name and "integrity" not in package:
            yield Violation(path, 1, f"{name} has no integrity hash")
