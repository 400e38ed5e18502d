"""Several questions at once, for a short time, against threads that wait for one another instead of for times."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import chain

import pytest

from allsquare.payments.at_once import Errands, asked_at_once

#: Never reached, unless what is tested does not work.
LONG = timedelta(minutes=1)


def test_so_many_are_asked_at_once_and_each_once() -> None:
    together = threading.Barrier(4)  # nobody passes alone

    def ask(number: int) -> int:
        together.wait(LONG.total_seconds())
        return -number

    answers = list(chain(*asked_at_once(range(12), ask, at_once=4, within=LONG)))
    assert sorted(answers) == [(number, -number) for number in range(12)]


def test_the_others_do_not_wait_for_one_that_is_slow() -> None:
    """What was answered in time is there before the slow one has its answer. A machine that stands still for all of
    that time gets more of it."""
    assert any(is_there_in_time(timedelta(seconds=seconds)) for seconds in (1, 5, 25))


def is_there_in_time(within: timedelta) -> bool:
    """The quick answer, and nothing new is begun after the time."""
    goes_on, begun = threading.Event(), threading.Semaphore(0)
    asked: list[int] = []

    def ask(number: int) -> int:
        asked.append(number)
        if number < 2:
            begun.release()
            assert goes_on.wait(LONG.total_seconds())
        return -number

    rounds = asked_at_once([2, 0, 1, 3], ask, at_once=3, within=within)
    in_time = next(rounds)
    assert set(in_time) <= {(2, -2), (3, -3)}
    goes_on.set()
    late = next(rounds, [])
    assert list(rounds) == []
    assert {each for each, _answer in [*in_time, *late]} == set(asked)
    return (2, -2) in in_time and {each for each, _answer in late} >= {0, 1}


def test_at_least_one_is_asked_and_what_is_left_is_for_the_next_time() -> None:
    assert list(asked_at_once([1, 2, 3], abs, at_once=1, within=timedelta(seconds=0))) == [[(1, 1)]]
    in_threads = list(chain(*asked_at_once([1, 2, 3, 4, 5], abs, at_once=2, within=timedelta(seconds=0))))
    assert 1 <= len(in_threads) <= 2
    assert list(asked_at_once([], abs)) == [[]]


def test_what_threads_want_done_is_done_by_who_began_them_before_and_after_the_time() -> None:
    mine, goes_on = threading.get_ident(), threading.Event()
    errands = Errands()

    def where() -> int:
        return threading.get_ident()

    def ask(number: int) -> int:
        assert threading.get_ident() != mine
        if number == 0:
            assert goes_on.wait(LONG.total_seconds())
        return errands.done(where)

    rounds = asked_at_once([0, 1, 2], ask, at_once=3, within=timedelta(seconds=1), errands=errands)
    assert set(next(rounds)) <= {(1, mine), (2, mine)}
    goes_on.set()
    assert (0, mine) in next(rounds)
    assert errands.done(where) == mine, "at once, and nobody waits"


def test_what_was_wanted_and_failed_is_raised_where_it_was_wanted() -> None:
    errands = Errands()

    def fail() -> int:
        raise ValueError("no")

    def ask(number: int) -> str:
        with pytest.raises(ValueError, match="no"):
            errands.done(fail)
        return "heard"

    answers = list(chain(*asked_at_once([1, 2], ask, at_once=2, within=LONG, errands=errands)))
    assert sorted(answers) == [(1, "heard"), (2, "heard")]


def test_no_thread_waits_for_who_is_gone() -> None:
    """Whoever takes the answers in fails, so that nobody serves the others any more."""
    goes_on, ended = threading.Event(), threading.Semaphore(0)
    errands = Errands()

    def ask(number: int) -> int:
        if number:
            assert goes_on.wait(LONG.total_seconds())
            try:
                return errands.done(int)
            finally:
                ended.release()
        return 0

    rounds = asked_at_once([0, 1, 2], ask, at_once=3, within=timedelta(0), errands=errands)
    next(rounds)
    rounds.close()  # type: ignore[attr-defined]  # it is a generator
    goes_on.set()
    for _ in range(2):
        assert ended.acquire(timeout=LONG.total_seconds())


def test_what_was_not_foreseen_is_raised() -> None:
    def ask(number: int) -> int:
        raise RuntimeError("nobody foresaw this")

    for at_once in (1, 4):
        with pytest.raises(RuntimeError):
            list(asked_at_once([1, 2, 3], ask, at_once=at_once))
