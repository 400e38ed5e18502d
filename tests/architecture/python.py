"""Habits of the house that no linter knows: exact money, small files, services that read alike."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterable, Iterator
from io import StringIO

from tests.architecture.source import Function, Source, Violation

FUNCTION_LINES = 60
SOURCE_LINES = 400
TEST_LINES = 600

#: What a migration may use of Allsquare: a name that outlives every model.
LASTING = (
    "allsquare.core.fields",
    "allsquare.core.ids",
    "allsquare.core.encryption",
    "allsquare.core.operations",
    "allsquare.core.vectors",
)

WRITES = frozenset(
    {"create", "update", "delete", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "save"}
)


def floats(source: Source) -> Iterator[Violation]:
    """Floats, and divisions that make one out of minor units."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Constant(value=float(number)):
                yield source.violation(node, f"float {number}: money is whole minor units or Decimal")
            case ast.Name(id="float"):
                yield source.violation(node, "float: money is whole minor units or Decimal")
            case ast.BinOp(op=ast.Div()) if _is_minor(node.left) or _is_minor(node.right):
                yield source.violation(node, f"{ast.unparse(node)} is a float: use Money or divmod")


def long_parts(source: Source) -> Iterator[Violation]:
    """Functions and files that no longer fit into one head."""
    limit = TEST_LINES if source.path.startswith("tests/") else SOURCE_LINES
    lines = len(source.text.splitlines())
    if lines > limit:
        yield Violation(source.path, lines, f"{lines} lines, and {limit} are enough for a file")
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield source.violation(
                    node, f"{length} lines, and {FUNCTION_LINES} are enough for a function"
                )


def services_out_of_form(source: Source) -> Iterator[Violation]:
    """A service file holds one public function, called by keywords only."""
    functions = list(source.public_functions())
    if len(functions) != 1:
        names = ", ".join(f.name for f in functions) or "none"
        yield Violation(source.path, 1, f"one public function per service file; here: {names}")
    for function in functions:
        if function.args.posonlyargs or function.args.args or function.args.vararg:
            yield source.violation(function, "a service is called by keywords only")


def unasked_services(source: Source) -> Iterator[Violation]:
    """A service that knows who asks asks whether they may, in its own body: pages come and go."""
    for function in source.public_functions():
        if _takes_actor(function) and "require" not in set(_called(function)):
            yield source.violation(function, "takes an actor and never asks what they may: call require")


def tried_once(source: Source) -> Iterator[Violation]:
    """A whole service under ``transaction.atomic``: it gives up where the database only asks to be asked again."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            for decorator in node.decorator_list:
                if ast.unparse(decorator).startswith("transaction.atomic"):
                    yield source.violation(
                        decorator, "gives up at a deadlock: use core.transactions.retrying"
                    )


def services_without_actor(sources: Iterable[Source]) -> frozenset[str]:
    """Dotted names of those that the system calls for itself, or behind a permission that was asked already."""
    return frozenset(
        f"{source.path.removeprefix('src/').removesuffix('.py').replace('/', '.')}.{function.name}"
        for source in sources
        for function in source.public_functions()
        if not _takes_actor(function)
    )


def inner_services_in_door(source: Source, inner: frozenset[str]) -> Iterator[Violation]:
    """A page that calls a service which asks nobody must ask by itself, and says here how."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if f"{node.module}.{alias.name}" in inner:
                    yield source.violation(node, f"{alias.name} asks for no permission")


def _takes_actor(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = function.args
    return "actor" in {each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def _called(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Names that the body calls, leaving out the functions within it, which may never run."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        waiting += ast.iter_child_nodes(node)


def app_imports_in_migration(source: Source) -> Iterator[Violation]:
    """A migration must run in ten years, when the code it would import is another."""
    for node in ast.walk(source.tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.startswith("allsquare") and not name.startswith(LASTING):
                yield source.violation(node, f"a migration imports {name}")


def writes_in_door(source: Source) -> Iterator[Violation]:
    """Pages and endpoints call services; they never write rows themselves."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=method, value=rows)) if method in WRITES:
                if ".objects" in ast.unparse(rows):
                    yield source.violation(node, f"{ast.unparse(node.func)} writes: a door calls a service")


def ignores_without_reason(source: Source) -> Iterator[Violation]:
    """``noqa``, ``type: ignore`` and the like say why: behind the rule they name, or in a comment above."""
    lines = source.text.splitlines()
    for token in tokenize.generate_tokens(StringIO(source.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        found = re.search(r"(?:noqa:[ A-Z0-9,]+|type: ignore\[[^]]*\]|pragma: no cover)(.*)", token.string)
        above = lines[token.start[0] - 2].lstrip().startswith("#") if token.start[0] > 1 else False
        if found and not above and len(re.findall(r"\w", found[1])) < 6:
            yield Violation(source.path, token.start[0], f"{token.string} gives no reason")


def _is_minor(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "minor" or name.endswith("_minor")
