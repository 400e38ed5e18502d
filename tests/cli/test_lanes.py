"""Threads for what asks providers: whoever hangs holds up themselves, and half of the threads at most."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import OperationalError

from allsquare.cli.lanes import Lanes
from allsquare.core.errors import AllsquareError
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount

#: Never reached, unless what is tested does not work.
LONG = 60.0


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    found = Lanes(threads=4)
    yield found
    found.end()


@pytest.fixture
def goes_on() -> Iterator[threading.Event]:
    """Who hangs does so until this is set."""
    found = threading.Event()
    yield found
    found.set()


def account(gateway: str) -> GatewayAccount:
    return GatewayAccount(id=new_id(), gateway=gateway)


def counted(lanes: Lanes, name: str, least: int) -> int:
    """What the round has done, as soon as that is so much."""
    none: list[Organization] = []
    done, waited = 0, threading.Event()
    for _ in range(6000):
        done += lanes.of(name)(none, lambda _one: 0)
        if done >= least:
            return done
        waited.wait(0.01)
    raise AssertionError(f"{done} were done")


def test_whoever_hangs_holds_up_nobody_else(lanes: Lanes, goes_on: threading.Event) -> None:
    hanging, others = account("stripe"), [account("stripe"), account("paypal")]
    hangs = threading.Event()

    def work(one: GatewayAccount) -> int:
        if one is hanging:
            hangs.set()
            assert goes_on.wait(LONG)
        return 1

    lanes.of("inbox")([hanging], work)
    assert hangs.wait(LONG)
    lanes.of("inbox")([hanging, *others], work)
    assert counted(lanes, "inbox", 2) == 2
    goes_on.set()
    assert counted(lanes, "inbox", 1) == 1


def test_a_provider_that_hangs_everywhere_keeps_no_more_than_half_of_the_threads(
    lanes: Lanes, goes_on: threading.Event
) -> None:
    hanging, hangs = [account("stripe") for _ in range(10)], threading.Semaphore(0)
    served: list[UUID] = []

    def work(one: GatewayAccount) -> int:
        if one.gateway == "stripe":
            hangs.release()
            assert goes_on.wait(LONG)
        served.append(one.id)
        return 1

    lanes.of("sweep")(hanging, work)
    for _ in range(2):
        assert hangs.acquire(timeout=LONG)
    other = account("paypal")
    lanes.of("sweep")([other], work)
    assert counted(lanes, "sweep", 1) == 1
    assert served == [other.id]
    assert not hangs.acquire(blocking=False)
    goes_on.set()
    assert counted(lanes, "sweep", 10) == 10
    assert sorted(served) == sorted([other.id, *(each.id for each in hanging)])


def test_nobody_is_served_twice_at_once_in_one_round(lanes: Lanes, goes_on: threading.Event) -> None:
    one, begun = account("stripe"), threading.Semaphore(0)

    def work(_one: GatewayAccount) -> int:
        begun.release()
        assert goes_on.wait(LONG)
        return 1

    lanes.of("inbox")([one], work)
    assert begun.acquire(timeout=LONG)
    for _ in range(3):
        lanes.of("inbox")([one], work)
    lanes.of("sweep")([one], work)  # another round may
    assert begun.acquire(timeout=LONG)
    goes_on.set()
    assert counted(lanes, "inbox", 1) == 1
    assert counted(lanes, "sweep", 1) == 1
    assert not begun.acquire(blocking=False)


@pytest.mark.parametrize("failure", [OperationalError("gone"), AllsquareError("no adapter"), KeyError("key")])
def test_what_fails_is_logged_and_the_thread_goes_on(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    lanes = Lanes(threads=1)
    bad, good = account("stripe"), account("stripe")

    def work(one: GatewayAccount) -> int:
        if one is bad:
            raise failure
        return 1

    lanes.of("inbox")([bad, good], work)
    assert counted(lanes, "inbox", 1) == 1
    assert str(bad.id) in caplog.text
    lanes.end()


def test_what_nobody_foresaw_ends_the_rounds(lanes: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _what: None)

    def work(_one: GatewayAccount) -> int:
        raise RuntimeError("nobody foresaw this")

    lanes.of("inbox")([account("stripe")], work)
    with pytest.raises(RuntimeError):
        counted(lanes, "inbox", 1)


def test_at_the_end_nothing_new_is_begun(goes_on: threading.Event) -> None:
    lanes, begun = Lanes(threads=1), threading.Event()
    served: list[UUID] = []

    def work(one: GatewayAccount) -> int:
        served.append(one.id)
        begun.set()
        assert goes_on.wait(LONG)
        return 1

    first, second = account("stripe"), account("stripe")
    lanes.of("inbox")([first, second], work)
    assert begun.wait(LONG)
    threading.Timer(0.1, goes_on.set).start()
    lanes.end()
    assert served == [first.id]
