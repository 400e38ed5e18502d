"""Migrations that a shop can go through while it is open: nothing waits long, and the release before still works.

A new release is migrated to while the one before still answers. So a later migration of a package only adds what the
older code need not know of, and takes no lock that grows with the table. What cannot be judged here (statements written
by hand), and what is right for once, gives its reason beside the migration: ``SAFE = "…"``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pgtrigger.migrations
from django.contrib.postgres import operations as postgres
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from allsquare.core.operations import AddIndexConcurrently
from tests.architecture.source import Violation

#: Each takes a moment, whatever the size of the table, and the code before notices nothing.
HARMLESS = (
    operations.CreateModel,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RemoveConstraint,
    pgtrigger.migrations.RemoveTrigger,
)
#: They hold nobody up, so they need no limit; with anything beside them a migration without transaction is dangerous.
UNHURRIED = (AddIndexConcurrently, postgres.RemoveIndexConcurrently, postgres.ValidateConstraint)

#: The code before writes or reads what is no longer there.
TAKEN_AWAY = {
    operations.RemoveField: "the release before still uses the column: remove it one release after its last use",
    operations.DeleteModel: "the release before still uses the table: remove it one release after its last use",
    operations.RenameField: "the release before knows the old name: keep it (db_column), or add a column beside it",
    operations.RenameModel: "the release before knows the old name: keep it (db_table)",
    operations.AlterModelTable: "the release before knows the old name",
    operations.AlterUniqueTogether: "writers wait until an index is built",
    pgtrigger.migrations.AddTrigger: "a guard may refuse what the release before does",
    operations.RunSQL: "only a person can judge statements written by hand",
    operations.RunPython: "only a person can judge what code does",
    postgres.AddIndexConcurrently: "use allsquare.core.operations.AddIndexConcurrently: it can be run again",
}


def unsafe_steps(migration: Migration, before: ProjectState) -> Iterator[str]:
    """What of ``migration`` needs a reason. ``before`` is the state that it finds."""
    there = {name for app, name in before.models if app == migration.app_label}
    steps = list(_flat(migration.operations))
    state = before.clone()
    removed: set[str] = set()
    for step in steps:
        model = _model_of(step)
        told = "" if model and model not in there else _complaint(step, state, migration.app_label)
        if not migration.atomic and not isinstance(step, UNHURRIED):
            told = (
                told
                or "a migration with atomic = False has no limits: only what holds nobody up may be in it"
            )
        if isinstance(step, operations.RemoveIndex):
            removed.add(step.name)
        elif isinstance(step, operations.AddIndex) and step.index.name in removed:
            told = told or "an index that changes gets a new name: first the new one, then the old one goes"
        if told:
            yield f"{step.describe()}: {told}"
        step.state_forwards(migration.app_label, state)


def _flat(steps: list[Operation]) -> Iterator[Operation]:
    """``SeparateDatabaseAndState`` counts as what it does to the database."""
    for step in steps:
        if isinstance(step, operations.SeparateDatabaseAndState):
            yield from _flat(step.database_operations)
        else:
            yield step


def _model_of(step: Operation) -> str:
    name = getattr(step, "model_name", None) or getattr(step, "name", None)
    return str(name).lower() if name else ""


def _complaint(step: Operation, before: ProjectState, app: str) -> str:
    """About a step on a table that was there before; empty when there is none."""
    match step:
        case postgres.AddConstraintNotValid():
            return ""
        case _ if isinstance(step, (*UNHURRIED, *HARMLESS)):
            return ""
        case operations.AddIndex() if not isinstance(step, postgres.AddIndexConcurrently):
            return "writers wait until it is built: allsquare.core.operations.AddIndexConcurrently, atomic = False"
        case operations.AddConstraint():
            return "all wait until every row is checked: AddConstraintNotValid, then ValidateConstraint in a later one"
        case operations.AddField():
            return _added(step.field)
        case operations.AlterField():
            old = before.models[app, step.model_name.lower()].fields[step.name]
            return _altered(old, step.field)
    return TAKEN_AWAY.get(type(step), f"nobody has judged {type(step).__name__} yet")


def _added(field: models.Field[Any, Any]) -> str:
    if isinstance(field, models.ManyToManyField):
        return ""
    if isinstance(field, models.GeneratedField):
        return "the whole table is written anew"
    if not field.null and not field.has_db_default():
        return "the release before does not fill it: null=True, or db_default"
    if field.unique or field.db_index:
        return "writers wait until its index is built: without index, and that apart, concurrently"
    return ""


def _altered(old: models.Field[Any, Any], new: models.Field[Any, Any]) -> str:
    was, will = _in_database(old), _in_database(new)
    if will.pop("null", False) and not was.pop("null", False):
        """What may be empty now was never empty."""
    if type(old) is type(new) and isinstance(new, models.CharField):
        if (will.pop("max_length") or sys.maxsize) >= (was.pop("max_length") or sys.maxsize):
            """A longer one fits what is there."""
        else:
            return "shorter than what may be there"
    if was == will and old.deconstruct()[1] == new.deconstruct()[1]:
        return ""
    return "type, default, index or emptiness changes: every row is read or written while all wait"


def _in_database(field: models.Field[Any, Any]) -> dict[str, Any]:
    """What of a field's declaration the database knows of."""
    words: dict[str, Any] = field.deconstruct()[3]
    unseen = {*field.non_db_attrs, "default"} - {"db_column"}
    return {word: value for word, value in words.items() if word not in unseen}


def unsafe_migrations(loader: MigrationLoader) -> Iterator[Violation]:
    """Of Allsquare's packages; those of libraries are their makers' affair."""
    state = ProjectState()
    checked: set[str] = set()
    promised: dict[str, Migration] = {}
    for key in _in_order(loader):
        migration = loader.graph.nodes[key]
        module = sys.modules[type(migration).__module__]
        if module.__name__.startswith("allsquare.") and not migration.initial:
            yield from judged(migration, state, reason=str(getattr(module, "SAFE", "")))
        for step in migration.operations:
            if isinstance(step, postgres.AddConstraintNotValid):
                promised[step.constraint.name] = migration
            if isinstance(step, postgres.ValidateConstraint):
                checked.add(step.name)
        state = migration.mutate_state(state, preserve=False)
    for name, migration in promised.items():
        if name not in checked:
            yield Violation(
                _path(migration), 1, f"{name} is never validated: ValidateConstraint in a later migration"
            )


def judged(migration: Migration, before: ProjectState, *, reason: str) -> Iterator[Violation]:
    """Either nothing in it is unsafe, or it says why that is right here."""
    found = list(unsafe_steps(migration, before))
    if reason and not found:
        yield Violation(_path(migration), 1, "nothing in it needs a reason: take SAFE away")
    if not reason:
        yield from (Violation(_path(migration), 1, told) for told in found)


def _in_order(loader: MigrationLoader) -> list[tuple[str, str]]:
    """Every migration after those that it depends on."""
    order: dict[tuple[str, str], None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        order.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    return list(order)


def _path(migration: Migration) -> str:
    return f"src/{type(migration).__module__.replace('.', '/')}.py"
