"""What the rules read and what they answer.

A rule is a pure function from a source to its violations, so that it can be shown good and bad samples.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Violation:
    """``place`` is what an entry of ``allowed.toml`` names: ``path`` or ``path:Class.function``."""

    place: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.place} (line {self.line}): {self.message}"


@dataclass(frozen=True)
class Source:
    """One Python file; ``path`` is relative to the repository, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)}

    @cached_property
    def docstrings(self) -> frozenset[ast.AST]:
        """Constants that stand alone as a statement."""
        return frozenset(node.value for node in ast.walk(self.tree) if isinstance(node, ast.Expr))

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def violation(self, node: ast.AST, message: str) -> Violation:
        """``message`` about ``node``, placed in the functions and classes around it."""
        around = [node, *self.ancestors(node)]
        names = [n.name for n in around if isinstance(n, Function | ast.ClassDef)]
        place = f"{self.path}:{'.'.join(reversed(names))}" if names else self.path
        return Violation(place, getattr(node, "lineno", 1), message)

    def public_functions(self) -> Iterator[Function]:
        """Top-level functions without a leading underscore."""
        for node in self.tree.body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                yield node


def read(paths: Iterable[Path]) -> list[Source]:
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in sorted(paths)]
