from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Event
from uuid import UUID

import pytest
from django.db import connection

from allsquare.core.clock import now
from allsquare.core.idempotency import Answer, KeyInvalid, KeyReused, input_hash, once, same_input
from allsquare.core.ids import new_id
from allsquare.core.models import IdempotencyRecord

ORG = new_id()


class Work:
    """Counts how often it is done; its answer tells the count."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Answer:
        self.times += 1
        return {"time": self.times, "name": "Größe"}


def asked(
    work: Work,
    *,
    key: str = "k",
    operation: str = "op",
    organization_id: UUID = ORG,
    given: Mapping[str, object] | None = None,
) -> tuple[Answer, bool]:
    return once(
        organization_id=organization_id,
        operation=operation,
        key=key,
        given={"amount": 5} if given is None else given,
        at=now(None),
        work=work,
    )


@pytest.mark.django_db
def test_a_repeat_gets_the_same_answer_and_does_nothing() -> None:
    work = Work()
    first, again = asked(work), asked(work)
    assert first == ({"time": 1, "name": "Größe"}, False)
    assert again == ({"time": 1, "name": "Größe"}, True)
    assert work.times == 1


@pytest.mark.django_db
def test_other_keys_operations_and_organizations_are_other_requests() -> None:
    work = Work()
    asked(work)
    assert not any(
        repeated
        for _, repeated in (
            asked(work, key="K"),
            asked(work, operation="other"),
            asked(work, organization_id=new_id()),
        )
    )
    assert work.times == 4


@pytest.mark.django_db
def test_the_same_key_for_something_else_is_an_error() -> None:
    work = Work()
    asked(work)
    with pytest.raises(KeyReused, match="Use a new key"):
        asked(work, given={"amount": 6})
    assert work.times == 1


@pytest.mark.django_db
def test_a_failure_keeps_nothing_and_the_key_stays_free() -> None:
    def fails() -> Answer:
        IdempotencyRecord.objects.create(
            organization_id=ORG, operation="x", key="x", input_hash=b"", created_at=now(None)
        )
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(organization_id=ORG, operation="op", key="k", given={}, at=now(None), work=fails)
    assert not IdempotencyRecord.objects.filter(organization_id=ORG).exists()
    assert asked(Work()) == ({"time": 1, "name": "Größe"}, False)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "  ", "x" * 201, "a\0b"])
def test_a_key_must_name_something(key: str) -> None:
    work = Work()
    with pytest.raises(KeyInvalid):
        asked(work, key=key)
    assert work.times == 0
    asked(work, key="x" * 200)


@pytest.mark.django_db(transaction=True)
def test_a_repeat_that_comes_under_way_waits_for_the_answer_of_the_first() -> None:
    started, finish = Event(), Event()

    class Slow(Work):
        def __call__(self) -> Answer:
            started.set()
            assert finish.wait(30)
            return super().__call__()

    slow, second = Slow(), Work()

    def asked_elsewhere(work: Work) -> tuple[Answer, bool]:
        try:
            return asked(work)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asked_elsewhere, slow)
        assert started.wait(30)
        repeat = pool.submit(asked_elsewhere, second)
        with pytest.raises(TimeoutError):
            repeat.result(timeout=0.3)
        finish.set()
        assert first.result(30) == ({"time": 1, "name": "Größe"}, False)
        assert repeat.result(30) == ({"time": 1, "name": "Größe"}, True)
    assert (slow.times, second.times) == (1, 0)


def test_equal_input_has_an_equal_hash_whatever_the_order() -> None:
    one = {"a": 1, "b": [date(2026, 1, 2), Decimal("1.50"), UUID(int=7)], "c": {"x": None, "y": "ä"}}
    two = {"c": {"y": "ä", "x": None}, "b": ["2026-01-02", "1.50", str(UUID(int=7))], "a": 1}
    assert input_hash(one) == input_hash(two)
    assert len({input_hash(v) for v in ({"a": 1}, {"a": "1"}, {"a": [1]}, {"a": None}, {}, {"b": 1})}) == 6
    same_input(memoryview(input_hash(one)), input_hash(two))
    with pytest.raises(KeyReused):
        same_input(input_hash(one), input_hash({}))
