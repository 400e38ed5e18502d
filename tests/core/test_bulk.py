from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from allsquare.core import bulk
from allsquare.core.binary import encoded_array
from allsquare.core.clock import now
from allsquare.core.ids import new_id
from allsquare.core.models import Event, EventChain, RateCounter
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db

ORG = new_id()


def counters(*rows: tuple[str, int], otherwise: bool = False) -> None:
    bulk.insert(
        "rate_counter",
        {"key": ("text", [key for key, _ in rows]), "tries": ("integer", [tries for _, tries in rows])},
        same={"ends_at": ("timestamptz", now(None))},
        otherwise="ON CONFLICT DO NOTHING" if otherwise else "",
    )


def stored() -> dict[str, int]:
    return dict(RateCounter.objects.values_list("key", "tries"))


def test_many_rows_are_one_statement_whose_text_does_not_grow() -> None:
    texts = []
    for number in (2, 500):
        with statements_sent() as sent:
            counters(*[(f"{number}/{n}", n) for n in range(number)])
        texts += [call.args[1] for call in sent.call_args_list]
    assert len(texts) == 2
    assert texts[0] == texts[1]
    assert len(stored()) == 502
    assert stored()["500/7"] == 7


def test_a_single_row_travels_without_arrays() -> None:
    with statements_sent() as sent:
        counters(("a", 1))
        changed = bulk.update(
            "rate_counter", {"key": ("text", ["a"]), "tries": ("integer", [2])}, match=["key"]
        )
    assert not any(b"unnest" in call.args[1] for call in sent.call_args_list)
    assert changed is not None
    assert changed.count == 1
    assert stored() == {"a": 2}


def test_no_rows_are_no_statement() -> None:
    with statements_sent() as sent:
        counters()
        assert (
            bulk.update("rate_counter", {"key": ("text", []), "tries": ("integer", [])}, match=["key"])
            is None
        )
    assert sent.call_count == 0


def test_columns_must_have_the_same_length() -> None:
    with pytest.raises(ValueError, match="different length"):
        bulk.insert("rate_counter", {"key": ("text", ["a", "b"]), "tries": ("integer", [1])})


def test_a_conflict_is_an_error_or_left_alone_as_told() -> None:
    counters(("a", 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        counters(("b", 2), ("a", 9))
    assert stored() == {"a": 1}
    counters(("b", 2), ("a", 9), otherwise=True)
    assert stored() == {"a": 1, "b": 2}


def test_an_update_changes_what_it_finds_in_the_old_state_and_counts() -> None:
    counters(("a", 1), ("b", 1), ("c", 5))
    changed = bulk.update(
        "rate_counter",
        {
            "key": ("text", ["a", "b", "c", "d"]),
            "old_tries": ("integer", [1, 1, 1, 1]),
            "tries": ("integer", [10, 20, 30, 40]),
        },
        match=["key", "old_tries"],
    )
    assert changed is not None
    assert changed.count == 2
    assert stored() == {"a": 10, "b": 20, "c": 5}


@pytest.mark.parametrize(
    "data", [[{}, {"a": [1, None, "ä✓"]}], [{"minor": 2**62}], [{"text": "'; DROP TABLE event; --"}]]
)
def test_values_arrive_as_they_were(data: Sequence[dict[str, object]]) -> None:
    ids = write_events(data)
    assert [Event.objects.get(organization_id=ORG, id=one).data for one in ids] == data


def write_events(data: Sequence[dict[str, object]]) -> list[UUID]:
    ids = [new_id() for _ in data]
    bulk.insert(
        "event",
        {"id": ("uuid", ids), "data": ("jsonb", data), "address": ("text", ["%s {} %b" for _ in data])},
        same={
            "organization_id": ("uuid", ORG),
            "at": ("timestamptz", now(None)),
            "subject_id": ("uuid", ORG),
            **dict.fromkeys(("kind", "subject_type", "actor_kind", "actor_id"), ("text", "x")),
            **dict.fromkeys(("actor_label", "request"), ("text", "")),
        },
    )
    return ids


@pytest.mark.parametrize("values", [[None, None], [None, 2**62], [-1, 0]])
def test_nothing_is_null_in_any_place(values: Sequence[int | None]) -> None:
    rows = bulk.run(
        "SELECT n, m FROM unnest(%b::uuid[], %b::bigint[]) AS u(n, m)",
        [[ORG] * len(values), encoded_array("bigint", values)],
    )
    assert [m for _, m in rows] == values


def test_bytes_and_small_numbers_go_into_wide_columns() -> None:
    bulk.insert(
        "event_chain",
        {
            "organization_id": ("uuid", [ORG]),
            "sequence": ("bigint", [1]),
            "digest": ("bytea", [b"\0\xff"]),
            "signature": ("bytea", [b""]),
        },
    )
    chain = EventChain.objects.get(organization_id=ORG)
    assert (chain.sequence, bytes(chain.digest), bytes(chain.signature)) == (1, b"\0\xff", b"")


def test_a_pipeline_goes_out_together_and_is_read_afterwards() -> None:
    counters(("a", 1))
    with bulk.pipelined():
        counters(("b", 2))
        answer = bulk.send("SELECT count(*) FROM rate_counter")
        changed = bulk.update(
            "rate_counter", {"key": ("text", ["a", "b"]), "tries": ("integer", [7, 8])}, match=["key"]
        )
    assert answer.rows() == [(2,)]
    assert changed is not None
    assert changed.count == 2
    assert stored() == {"a": 7, "b": 8}


def test_an_error_in_a_pipeline_is_raised_by_its_end_and_nothing_of_it_stays() -> None:
    counters(("a", 1))

    def three() -> None:
        with bulk.pipelined():
            for row in (("b", 2), ("a", 9), ("c", 3)):
                counters(row)

    with pytest.raises(IntegrityError, match="rate_counter_pkey"), transaction.atomic():
        three()
    assert stored() == {"a": 1}


@pytest.mark.parametrize(("size", "parts"), [(1, [1, 1, 1, 1]), (3, [3, 1]), (4, [4]), (9, [4])])
def test_rows_are_read_in_parts(size: int, parts: list[int]) -> None:
    answer = bulk.send("SELECT n FROM generate_series(1, 4) n")
    read = list(answer.parts(size))
    assert [len(part) for part in read] == parts
    assert [row for part in read for row in part] == answer.rows() == [(1,), (2,), (3,), (4,)]
    assert list(bulk.send("SELECT 1 WHERE false").parts(size)) == []
    counters(("a", 1))
    assert list(bulk.send("UPDATE rate_counter SET tries = 2").parts(size)) == []


def test_guards_of_the_commit_are_asked_before_when_told_and_wait_again_afterwards() -> None:
    bulk.run("CREATE TEMPORARY TABLE mother (id integer PRIMARY KEY) ON COMMIT DROP")
    bulk.run(
        """CREATE TEMPORARY TABLE child (mother_id integer REFERENCES mother
            DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"""
    )

    def children_first(guarded: bool) -> None:
        with bulk.pipelined():
            bulk.send("INSERT INTO child VALUES (1)")
            if guarded:
                bulk.ask_guards()
            bulk.send("INSERT INTO mother VALUES (1)")

    with pytest.raises(IntegrityError, match="not present in table"), transaction.atomic():
        children_first(guarded=True)
    with transaction.atomic():
        with bulk.pipelined():
            bulk.ask_guards()
        children_first(guarded=False)
