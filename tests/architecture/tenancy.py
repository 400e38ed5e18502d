"""Finds queries that forget their organization (DESIGN: nothing crosses organizations).

A query on a tenant table must name the organization even where a foreign key would imply it: what is
implied is forgotten in the next change, and row-level security will ask for it anyhow.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.architecture.source import Source, Violation

ROOT_BASES = frozenset({"TenantModel", "TenantFact"})
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
#: These write rows that carry their organization, or touch no row at all.
UNFILTERED = frozenset({"bulk_create", "abulk_create", "bulk_update", "abulk_update", "none"})
SHORTCUTS = frozenset(
    {"get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404", "with_one"}
)

_TRIGGER = re.compile(r"\bRETURN (?:NEW|OLD|NULL|CASE)\b")


@dataclass(frozen=True)
class TenantModels:
    """Names of the model classes whose rows belong to an organization, and of their tables."""

    classes: frozenset[str]
    tables: frozenset[str]


def find_tenant_models(sources: Iterable[Source]) -> TenantModels:
    """Classes that derive from a tenant base or declare ``organization`` or ``organization_id``."""
    classes = [(s, n) for s in sources for n in ast.walk(s.tree) if isinstance(n, ast.ClassDef)]
    tenant = set(ROOT_BASES)
    found: dict[str, str] = {}
    grew = True
    while grew:
        grew = False
        for source, node in classes:
            bases = {_last_name(base) for base in node.bases}
            declares = "Model" in bases and _assigned(node) & {"organization", "organization_id"}
            if node.name not in tenant | found.keys() and (bases & (tenant | found.keys()) or declares):
                found[node.name] = _table(source, node)
                grew = True
    return TenantModels(frozenset(found), frozenset(found.values()))


def unscoped_queries(source: Source, models: TenantModels) -> Iterator[Violation]:
    """Manager chains on tenant models in which no call filters by organization."""
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in MANAGERS
            and _last_name(node.value) in models.classes
        ):
            calls = list(chain(source, node))
            if not any(_names_organization(call) or _method(call) in UNFILTERED for call in calls):
                yield source.violation(node, f"{ast.unparse(node)} does not say which organization")
        elif isinstance(node, ast.Call) and _last_name(node.func) in SHORTCUTS:
            model = node.args and _last_name(node.args[0])
            if model in models.classes and not _names_organization(node):
                yield source.violation(
                    node, f"{ast.unparse(node.func)}({model}) does not say which organization"
                )


def unscoped_sql(source: Source, models: TenantModels) -> Iterator[Violation]:
    """SQL that reads or writes a tenant table and nowhere mentions ``organization_id``.

    The body of a trigger is left out: it runs for rows being written, and finds others by their keys.
    """
    for node in ast.walk(source.tree):
        if node in source.docstrings or isinstance(
            source.parents.get(node), ast.JoinedStr | ast.FormattedValue
        ):
            continue
        text = _text(node)
        if "organization_id" in text or _TRIGGER.search(text):
            continue
        for table in sorted(_sql_tables(text) & models.tables):
            yield source.violation(node, f"SQL on {table} does not mention organization_id")


def selectors_without_organization(source: Source) -> Iterator[Violation]:
    """Public selectors whose first parameter is not the organization."""
    for function in source.public_functions():
        arguments = function.args
        first = next(iter([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]), None)
        if first is None or first.arg not in {"organization", "organization_id"}:
            yield source.violation(function, "a selector takes the organization first")


def services_without_organization(source: Source, models: TenantModels) -> Iterator[Violation]:
    """Public services that are told neither the organization nor a row that belongs to one."""
    for function in source.public_functions():
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        named = {a.arg for a in arguments} & {"organization", "organization_id"}
        typed = {n for a in arguments if a.annotation for n in re.findall(r"\w+", ast.unparse(a.annotation))}
        if not named and not typed & models.classes:
            yield source.violation(function, "a service takes the organization, or a row that belongs to one")


def chain(source: Source, manager: ast.Attribute) -> Iterator[ast.Call]:
    """The calls that follow on ``Model.objects``, and a shortcut like ``get_object_or_404`` around them."""
    node: ast.AST = manager
    while isinstance(attribute := source.parents.get(node), ast.Attribute):
        call = source.parents.get(attribute)
        if not (isinstance(call, ast.Call) and call.func is attribute):
            break
        yield call
        node = call
    parent = source.parents.get(node)
    if isinstance(parent, ast.Call) and _last_name(parent.func) in SHORTCUTS:
        yield parent


def _names_organization(call: ast.Call) -> bool:
    method = _method(call)
    if method == "for_organization":
        return True
    if method in {"exclude", "annotate", "values", "defer", "update", "aupdate"}:
        return False
    return any(_is_organization(k.arg) for k in call.keywords) or any(
        _q_names_organization(a) for a in call.args
    )


def _q_names_organization(node: ast.expr) -> bool:
    match node:
        case ast.Call() if _last_name(node.func) == "Q":
            return _names_organization(node)
        case ast.BinOp(op=ast.BitAnd()):
            return _q_names_organization(node.left) or _q_names_organization(node.right)
        case ast.BinOp(op=ast.BitOr()):
            return _q_names_organization(node.left) and _q_names_organization(node.right)
    return False


def _is_organization(keyword: str | None) -> bool:
    return any(part in {"organization", "organization_id"} for part in (keyword or "").split("__"))


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _last_name(node: ast.AST) -> str:
    """``models.Invoice`` and ``Invoice`` are the same to us, and so is ``Field[str]`` and ``Field``."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case ast.Subscript():
            return _last_name(node.value)
    return ""


def _assigned(node: ast.ClassDef) -> set[str]:
    targets = [t for s in node.body if isinstance(s, ast.Assign) for t in s.targets]
    targets += [s.target for s in node.body if isinstance(s, ast.AnnAssign)]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def _table(source: Source, node: ast.ClassDef) -> str:
    for meta in node.body:
        if isinstance(meta, ast.ClassDef) and meta.name == "Meta":
            for statement in meta.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id="db_table")], value=ast.Constant(value=str(table))):
                        return table
    package = source.path.removeprefix("src/allsquare/").split("/")[0]
    return f"{package}_{node.name.lower()}"


def _text(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr():
            return "".join(_text(part) or " ? " for part in node.values)
    return ""


def _sql_tables(text: str) -> set[str]:
    """Tables that ``text`` names, if it is SQL: its keywords are in capitals, as is our custom."""
    return set(re.findall(r'\b(?:FROM|JOIN|UPDATE|INTO|USING|MERGE|TABLE|COPY)\s+(?:ONLY\s+)?"?(\w+)', text))
