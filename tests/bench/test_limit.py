"""What settling is divided by must be the same work: the same rows, with the same contents, under the same locks.

Otherwise the ratio that ``make bench`` prints drifts quietly when either side learns something new."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from pytest_django.fixtures import Settings

import bench.limit
from allsquare.billing.models import Invoice
from allsquare.cli.steps import wait_until
from allsquare.payments.models import Payment, PaymentAttempt
from bench.company import Company, found
from bench.limit import limit
from bench.settling import through_the_door
from bench.stock import Pattern, copies, pattern
from tests.faults.shop import database_url

pytestmark = pytest.mark.django_db(transaction=True)

Rows = dict[str, dict[str, str]]
Settle = Callable[[Sequence[UUID]], None]


@pytest.fixture
def owner(settings: Settings) -> Company:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "bench.scripted.ScriptedGateway",
    }
    return found("Bench & Söhne GmbH")


@pytest.fixture
def of(owner: Company) -> Pattern:
    return pattern(owner, owner.account)


@pytest.fixture
def sides(owner: Company, of: Pattern, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Settle]]:
    with psycopg.connect(database_url(), autocommit=True, prepare_threshold=0) as direct:
        monkeypatch.setattr(bench.limit, "_direct", lambda: direct)
        yield {"settle": through_the_door(owner, of), "limit": limit(owner, of)}
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION bench_settle")


# -- the rows ---------------------------------------------------------------------------------------------------


def everything() -> Rows:
    """Every row of every table as text, by its table and name. A transaction's number is each one's own."""
    rows: Rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                sql.SQL(
                    "SELECT ctid::text, to_jsonb(t) ->> 'id', (to_jsonb(t) - 'xact')::text FROM {} t"
                ).format(sql.Identifier(table))
            )
            rows[table] = {name or place: row for place, name, row in cursor.fetchall()}
    return rows


def written(settle: Settle, attempt: UUID) -> dict[str, list[tuple[str, str]]]:
    """By table, each row that was written as it was and as it is, with ids and times under common names."""
    before = everything()
    settle([attempt])
    after = everything()
    names = _names(attempt)
    found: dict[str, list[tuple[str, str]]] = {}
    for table, rows in after.items():
        names |= dict.fromkeys(rows.keys() - before[table].keys(), f"a new {table}")
    for table, rows in after.items():
        changed = [(before[table].get(name, ""), row) for name, row in rows.items()]
        pairs = [(_common(was, names), _common(now, names)) for was, now in changed if was != now]
        assert not before[table].keys() - rows.keys(), f"{table} has lost a row"
        if pairs:
            found[table] = sorted(pairs)
    return found


def _names(attempt: UUID) -> dict[str, str]:
    row = PaymentAttempt.objects.select_related("payment__invoice").get(id=attempt)
    invoice = row.payment.invoice
    assert invoice is not None
    return {
        str(row.id): "the attempt",
        row.id.hex: "the attempt",
        str(row.payment_id): "the payment",
        str(invoice.id): "the invoice",
        str(invoice.number): "the number",
    }


def _common(text: str, names: dict[str, str]) -> str:
    for name, common in names.items():
        text = text.replace(name, common)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)", "a time", text)


def test_the_limit_writes_the_rows_that_settling_writes(sides: dict[str, Settle], of: Pattern) -> None:
    attempts = copies(of, 2)
    mine = written(sides["settle"], attempts[0])
    theirs = written(sides["limit"], attempts[1])

    assert mine == theirs
    assert {table: len(rows) for table, rows in mine.items()} == {
        "allocation": 1,
        "event": 2,
        "invoice": 1,
        "journal_entry": 1,
        "journal_line": 3,
        "payment": 1,
        "payment_attempt": 1,
    }
    settled = Payment.objects.filter(attempts__in=attempts)
    assert set(settled.values_list("state", "invoice__state")) == {("succeeded", "paid")}


def test_control_a_row_or_a_column_that_one_leaves_out_is_seen(sides: dict[str, Settle], of: Pattern) -> None:
    attempts = copies(of, 3)
    mine = written(sides["settle"], attempts[0])
    function = bench.limit._FUNCTION
    without_fee = function.replace("fee_minor = fee,", "")
    without_events = re.sub(r"INSERT INTO event .*?;\n", "", function, flags=re.DOTALL)
    for shorter, attempt in ((without_fee, attempts[1]), (without_events, attempts[2])):
        assert shorter != function
        with connection.cursor() as cursor:
            cursor.execute(shorter)
        assert written(sides["limit"], attempt) != mine


# -- the guards -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["settle", "limit"])
@pytest.mark.parametrize("model", [Invoice, Payment])
def test_both_wait_for_whoever_has_the_row(
    sides: dict[str, Settle], of: Pattern, side: str, model: type[Invoice] | type[Payment]
) -> None:
    [attempt] = copies(of, 1)
    payment = Payment.objects.get(attempts=attempt)
    row = payment.invoice_id if model is Invoice else payment.id
    with psycopg.connect(database_url()) as other:
        other.execute(
            sql.SQL("SELECT FROM {} WHERE id = %s FOR NO KEY UPDATE").format(
                sql.Identifier(model._meta.db_table)
            ),
            [row],
        )
        work = threading.Thread(target=_closing, args=(sides[side], attempt))
        work.start()
        try:
            wait_until(lambda: _waits_for(other), "Nobody waits.", seconds=60)
            assert Payment.objects.get(id=payment.id).state == "started"
        finally:
            other.rollback()
            work.join()
    assert Payment.objects.get(id=payment.id).state == "succeeded"


def _closing(settle: Settle, attempt: UUID) -> None:
    try:
        settle([attempt])
    finally:
        connection.close()


def _waits_for(other: psycopg.Connection[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))",
            [other.info.backend_pid],
        )
        return bool(cursor.fetchone()[0])


def test_neither_settles_a_payment_twice(sides: dict[str, Settle], of: Pattern) -> None:
    first, second = copies(of, 2)
    sides["settle"]([first])
    sides["limit"]([second])
    before = everything()
    for attempt in (first, second):
        sides["settle"]([attempt])
        with pytest.raises(psycopg.errors.RaiseException):
            sides["limit"]([attempt])
    assert everything() == before


def test_the_guards_of_the_database_watch_both(sides: dict[str, Settle], of: Pattern) -> None:
    """An unbalanced entry is refused, whoever writes it: the measured function is not let off."""
    [attempt] = copies(of, 1)
    before = everything()
    with connection.cursor() as cursor:
        cursor.execute(
            bench.limit._FUNCTION.replace("-gross, p.currency, -gross", "-gross, p.currency, 1 - gross")
        )
    with pytest.raises(psycopg.errors.CheckViolation, match="does not balance"):
        sides["limit"]([attempt])
    assert everything() == before
