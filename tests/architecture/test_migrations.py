from __future__ import annotations

from typing import Any

import pgtrigger.compiler
import pgtrigger.migrations
import pytest
from django.contrib.postgres import operations as postgres
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Now, Upper

from allsquare.core.operations import AddIndexConcurrently
from tests.architecture.house import hold
from tests.architecture.migrations import judged, unsafe_migrations, unsafe_steps

INDEX = models.Index(fields=["number"], name="letter_by_number")
CHECK = models.CheckConstraint(condition=models.Q(number__gt=""), name="letter_numbered")
TRIGGER = pgtrigger.compiler.Trigger(
    name="guard",
    sql=pgtrigger.compiler.UpsertTriggerSql(
        func="", hash="", operation="UPDATE", pgid="guard", table="letter", when="BEFORE"
    ),
)


def letters() -> ProjectState:
    """There are letters already."""
    fields: dict[str, models.Field[Any, Any]] = {
        "id": models.BigAutoField(primary_key=True),
        "number": models.CharField(max_length=20),
        "note": models.CharField(max_length=20, null=True),
    }
    return ProjectState({("post", "letter"): ModelState("post", "Letter", fields, {"db_table": "letter"})})


def complaints(*steps: Operation, atomic: bool = True) -> list[str]:
    return list(unsafe_steps(migration_of(*steps, atomic=atomic), letters()))


def migration_of(*steps: Operation, atomic: bool = True) -> Migration:
    kind = type("Migration", (Migration,), {"operations": list(steps), "atomic": atomic})
    made: Migration = kind("0002_more", "post")
    return made


def new_field(field: models.Field[Any, Any]) -> Operation:
    return operations.AddField("letter", "more", field)


def changed(name: str, field: models.Field[Any, Any]) -> Operation:
    return operations.AlterField("letter", name, field)


@pytest.mark.parametrize(
    "bad",
    [
        new_field(models.CharField(max_length=5)),
        new_field(models.BooleanField(default=False)),  # Django drops that default again
        new_field(models.UUIDField(null=True, unique=True)),
        new_field(models.UUIDField(null=True, db_index=True)),
        new_field(models.ForeignKey("post.letter", models.PROTECT, null=True)),
        new_field(
            models.GeneratedField(
                expression=Upper("number"), output_field=models.TextField(), db_persist=True
            )
        ),
        changed("number", models.TextField()),
        changed("number", models.CharField(max_length=10)),
        changed("number", models.CharField(max_length=20, unique=True)),
        changed("number", models.CharField(max_length=20, db_column="no")),
        changed("note", models.CharField(max_length=20)),
        operations.RemoveField("letter", "number"),
        operations.DeleteModel("letter"),
        operations.RenameField("letter", "number", "no"),
        operations.RenameModel("letter", "envelope"),
        operations.AlterModelTable("letter", "envelope"),
        operations.AlterUniqueTogether("letter", {("number", "note")}),
        operations.AddIndex("letter", INDEX),
        operations.AddConstraint("letter", CHECK),
        operations.RunSQL("UPDATE letter SET number = ''"),
        operations.RunPython(operations.RunPython.noop),
        operations.SeparateDatabaseAndState([operations.RunSQL("TRUNCATE letter")]),
        pgtrigger.migrations.AddTrigger("letter", TRIGGER),
        operations.AlterOrderWithRespectTo("letter", None),  # nobody has thought about it
    ],
)
def test_what_stops_a_shop_is_found(bad: Operation) -> None:
    assert len(complaints(bad)) == 1


@pytest.mark.parametrize(
    "good",
    [
        new_field(models.CharField(max_length=5, null=True)),
        new_field(models.DateTimeField(db_default=Now())),
        new_field(models.ForeignKey("post.letter", models.PROTECT, null=True, db_index=False)),
        changed("number", models.CharField(max_length=20, choices=[("a", "A")], default="a")),
        changed("number", models.CharField(max_length=30)),
        changed("number", models.CharField(max_length=20, null=True)),
        operations.CreateModel("parcel", [("id", models.BigAutoField(primary_key=True))]),
        operations.RemoveIndex("letter", "letter_old"),
        postgres.AddConstraintNotValid("letter", CHECK),
        operations.SeparateDatabaseAndState(state_operations=[operations.AlterModelOptions("letter", {})]),
    ],
)
def test_what_stops_nobody_passes(good: Operation) -> None:
    assert not complaints(good)


def test_a_table_of_the_same_migration_may_get_anything() -> None:
    parcel = operations.CreateModel("parcel", [("number", models.CharField(max_length=5, primary_key=True))])
    assert not complaints(parcel, operations.AddIndex("parcel", INDEX))


def test_without_a_transaction_only_what_holds_nobody_up_passes() -> None:
    build = AddIndexConcurrently("letter", INDEX)
    assert not complaints(build, atomic=False)
    assert len(complaints(postgres.AddIndexConcurrently("letter", INDEX), atomic=False)) == 1
    assert len(complaints(build, new_field(models.TextField(null=True)), atomic=False)) == 1


def test_an_index_that_changes_gets_a_new_name() -> None:
    """The release before goes on with the old one until the new one stands."""
    build = AddIndexConcurrently("letter", INDEX)
    assert not complaints(build, postgres.RemoveIndexConcurrently("letter", "old"), atomic=False)
    again = [
        *(build, postgres.RemoveIndexConcurrently("letter", INDEX.name)),
        AddIndexConcurrently("letter", INDEX),
    ]
    assert len(complaints(*again, atomic=False)) == 1


def test_a_reason_beside_it_is_enough_and_none_stands_there_for_nothing() -> None:
    before, good = letters(), migration_of()
    bad = migration_of(operations.RunSQL("UPDATE letter SET number = ''"))
    assert len(list(judged(bad, before, reason=""))) == 1
    assert not list(judged(bad, before, reason="no release had letters"))
    assert not list(judged(good, before, reason=""))
    assert len(list(judged(good, before, reason="no release had letters"))) == 1


def test_a_shop_can_stay_open_while_it_is_migrated() -> None:
    hold("unsafe_migrations", unsafe_migrations(MigrationLoader(None)))
