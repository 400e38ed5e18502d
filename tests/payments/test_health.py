"""When a provider counts as down, whose turn an attempt is, and when it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.payments.gateway import REQUEST_REFUSED, Status
from allsquare.payments.health import (
    FIRST_PAUSE,
    LEAST,
    LONGEST_PAUSE,
    is_down,
    is_trouble,
    pause_after,
    rests,
    turn_of,
)
from allsquare.payments.models import GatewayAccount

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def stand(down_since: datetime | None = None, probe_at: datetime | None = None) -> GatewayAccount:
    return GatewayAccount(down_since=down_since, probe_at=probe_at)


def down() -> GatewayAccount:
    return stand(NOW - timedelta(minutes=2), NOW + timedelta(seconds=1))


def due() -> GatewayAccount:
    return stand(NOW - timedelta(minutes=2), NOW)


UP, DOWN, DUE = stand(), down(), due()


@pytest.mark.parametrize(
    ("troubled", "answered", "down"),
    [
        (0, 0, False),
        (LEAST - 1, 0, False),  # one lost packet is no outage, nor are two
        (LEAST, 0, True),
        (LEAST, LEAST, True),
        (LEAST, LEAST + 1, False),  # most of what it is asked it answers
        (50, 150, False),
    ],
)
def test_down(troubled: int, answered: int, down: bool) -> None:
    assert is_down(troubled=troubled, answered=answered) is down


def test_a_decline_and_what_we_did_not_even_send_are_no_trouble() -> None:
    assert not is_trouble(Status.DECLINED, "card_declined")
    assert not is_trouble(Status.NOT_SENT, "amount_unsupported")
    assert not is_trouble(Status.NOT_SENT, REQUEST_REFUSED), "a payer could bring it down with what they type"
    assert is_trouble(Status.NOT_SENT, "unreachable")
    assert is_trouble(Status.UNKNOWN, "http_503")


def test_the_pause_doubles_up_to_the_longest() -> None:
    pauses = [pause_after(probes) for probes in range(8)]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE == pause_after(1000)
    assert pauses == sorted(pauses)


def test_the_first_that_is_up_takes_it_and_those_that_are_up_stand_in() -> None:
    other = stand()
    turn = turn_of([DOWN, UP, other], NOW)
    assert (turn.account, turn.probing, turn.spares) == (UP, False, (other,))


def test_one_that_is_due_is_probed_in_its_turn() -> None:
    turn = turn_of([DUE, UP], NOW)
    assert (turn.account, turn.probing, turn.spares) == (DUE, True, (UP,))
    assert turn_of([UP, DUE], NOW).account is UP, "nobody is sent to a worse one for the sake of trying"
    assert turn_of([DUE, UP], NOW, may_probe=False).account is UP


def test_where_all_are_down_the_first_is_asked_all_the_same() -> None:
    turn = turn_of([DOWN, stand(NOW, NOW + timedelta(minutes=1))], NOW)
    assert (turn.account, turn.probing, turn.spares) == (DOWN, False, ())


def test_what_can_wait_waits_for_one_that_is_down_until_it_is_probed() -> None:
    assert [rests(each, NOW) for each in (UP, DOWN, DUE)] == [False, True, False]
    assert rests(stand(NOW), NOW), "nobody said when it is probed"


stands = st.lists(st.sampled_from([stand, down, due]).map(lambda make: make()), min_size=1, max_size=6)


@given(stands, st.booleans())
def test_whoever_is_not_asked_comes_after_all_others(
    candidates: list[GatewayAccount], may_probe: bool
) -> None:
    turn = turn_of(candidates, NOW, may_probe=may_probe)
    assert turn.account in candidates
    assert turn.account not in turn.spares
    assert all(each.down_since is None for each in turn.spares), "nothing is moved to one that is down"
    assert list(turn.spares) == [each for each in candidates if each in turn.spares], "in the route's order"
    if turn.account.down_since is None:
        before = candidates[: candidates.index(turn.account)]
        assert all(each.down_since is not None for each in before)
    assert turn.probing == (
        turn.account.down_since is not None and may_probe and turn.account.probe_at == NOW
    )
