"""Fault 3: the process dies at every step between intent and commit, and the money is where it should be.

The list of failpoints is read from the sources. Each is tried in every work that passes it, at every adapter
(``tests.faults.matrix``), in a real process of its own that ends by ``os._exit``, against the provider's real server or
one that speaks its formats, and a real PostgreSQL. Process death is tried; power loss is not.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import pytest

from allsquare.gateways.sandbox import SandboxGateway, adapter, replies
from allsquare.payments.gateway import MethodKind
from allsquare.payments.registry import adapter_names
from tests.contracts.conftest import REMOTE, TRANSFERS
from tests.faults.dying import NOWHERE, POINTS, End, Mortal, Place
from tests.faults.matrix import (
    ABSENT,
    ADAPTERS,
    NO_READERS,
    PROVIDERS,
    ROOMS,
    SKIPPED,
    TILLS,
    WORKS,
    steps_of,
    works_at,
)
from tests.faults.rails import RAILS, sandbox_rail
from tests.faults.shop import Shop
from tests.faults.works.by_hand import till
from tests.faults.works.scene import Scene
from tests.payments.makers import a_key
from tests.square import assert_all_square
from tests.webhook_catcher import WebhookCatcher

pytestmark = pytest.mark.faults


# -- the table ----------------------------------------------------------------------------------------------------


def test_no_failpoint_is_forgotten() -> None:
    assert len(POINTS) == len(set(POINTS)), "two places have the same name"
    tried = {step.partition(":")[0] for work in WORKS.values() for step in work.steps}
    assert set(POINTS) == tried, "no work comes by these, or they are no more"


def test_every_failpoint_is_tried_somewhere() -> None:
    tried = {
        step.partition(":")[0]
        for adapter, room in ROOMS
        for name in works_at(adapter, room)
        for step in steps_of(name, adapter)
    }
    assert set(POINTS) == tried


def test_no_adapter_is_forgotten() -> None:
    assert set(ADAPTERS.values()) == set(adapter_names())
    assert set(PROVIDERS) == set(REMOTE), "each way to pay that the contract knows"
    assert {*RAILS, "sandbox"} == set(PROVIDERS)


def test_every_work_is_done_at_every_adapter_or_it_is_said_why_not() -> None:
    done = [(name, adapter) for adapter, room in ROOMS for name in works_at(adapter, room)]
    assert len(done) == len(set(done))
    assert set(done) | set(ABSENT) == {(name, adapter) for name in WORKS for adapter in ADAPTERS}
    assert not set(done) & set(ABSENT)


def test_the_reasons_hold() -> None:
    stale = [
        f"{name} at {at}: {reason.words}" for (name, at), reason in ABSENT.items() if not reason.holds(at)
    ]
    assert stale == []
    for (name, at), (steps, _words) in SKIPPED.items():
        assert (name, at) not in ABSENT, "it is not done there at all"
        assert set(steps) <= set(WORKS[name].steps), "it has no such step"


@pytest.mark.parametrize(
    ("steps", "shared", "complaint"),
    [
        (("charge.asking",), (), r"nothing dies at \['charge.answered'\]"),
        (("charge.asking", "charge.answered", "charge.moved"), (), "came by charge.asking, charge.answered"),
        (("charge.asking",), ("charge.a",), ""),
    ],
    ids=["a step that is not in the table", "a step that it does not come by", "as the table says"],
)
def test_control_a_table_that_is_not_so_is_found(
    steps: tuple[str, ...], shared: tuple[str, ...], complaint: str
) -> None:
    """A process that lives, and came by two failpoints."""

    class Living:
        def ends(self, *_order: object, **_more: object) -> End:
            return End(False, ("charge.asking", "charge.answered"))

    scene: Scene[Any] = Scene(cast(Any, None), cast(Mortal, Living()), cast(Any, None), steps, shared)
    with pytest.raises(AssertionError, match=complaint) if complaint else nullcontext():
        scene.dies("pay", NOWHERE)
    assert not NO_READERS.holds("stripe"), "a reason that is not so"


# -- the deaths ---------------------------------------------------------------------------------------------------


@pytest.fixture
def place(request: pytest.FixtureRequest, transactional_db: None, at: str) -> Iterator[Place]:
    """A shop at the adapter of the test."""
    if at == "sandbox":
        yield sandbox_rail(request.getfixturevalue("sandbox"), kept=True)
    elif at in TILLS:
        methods = {"offline": MethodKind.CASH, "bank_transfer": MethodKind.BANK_TRANSFER}
        yield till(at, TRANSFERS if at == "bank_transfer" else {}, methods[at])
    else:
        yield from RAILS[at]()


@pytest.mark.parametrize(("at", "room"), ROOMS)
def test_killed_at_every_step(
    at: str,
    room: str,
    place: Place,
    forks: subprocess.Popen[str],
    catcher: WebhookCatcher,
    record_property: Callable[[str, object], None],
) -> None:
    """After each death whoever presses again, the sweep, or the provider's news comes to what was meant, once. In the
    end the proofs are asked."""
    figures = []
    for name, work in works_at(at, room).items():
        scene: Scene[Any] = Scene(place, Mortal(forks, place), catcher, steps_of(name, at), work.shared)
        with _told(f"{name} at {at}"):
            work.do(scene)
        assert scene.kills == list(scene.steps), f"{name} at {at}"
        figures.append(f"{name}: {len(scene.kills)}")
    assert_all_square()
    figure = f"{', '.join(figures)} kills, after each everything is there once"
    print(f"\n{at}: {figure}")  # noqa: T201 - the figure is what a reader of -s wants
    record_property("figure", figure)


def test_control_a_sweep_that_does_not_look_charges_again(
    shop: Shop, forks: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider charged and the process died: without the look-up and the attempt's key, asking is charging."""
    invoice, key = shop.invoice(), a_key()
    Mortal(forks, shop).dies("pay", "charge.answered", invoice=str(invoice.id), key=key)
    assert len(shop.charges()) == 1
    monkeypatch.setattr(SandboxGateway, "capabilities", frozenset())
    ask = replies.ask

    def without_our_key(http: Any, method: str, path: str, **more: Any) -> Any:
        return ask(http, method, path, **{**more, "key": a_key()})

    monkeypatch.setattr(adapter, "ask", without_our_key)
    shop.sweep()
    assert len(shop.charges()) == 2


@contextmanager
def _told(of: str) -> Iterator[None]:
    """A failure says of which work it is."""
    try:
        yield
    except Exception as error:
        error.add_note(f"while it was killed: {of}")
        raise
