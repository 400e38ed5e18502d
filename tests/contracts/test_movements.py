"""What else moves an account at a provider is listed as its balance has it, and nothing of what is ours."""

from __future__ import annotations

from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest

from allsquare.core import clock
from allsquare.payments.gateway import Capability, RefundRequest
from allsquare.payments.gateway_abilities import (
    HistoryUnavailable,
    ListedMovement,
    MovementGateway,
    MovementKind,
)
from tests.contracts.benches import Bench, charge_request, money


def listed(remote: Bench) -> list[ListedMovement]:
    now = clock.now(None)
    gateway = cast(MovementGateway, remote.gateway)
    return list(gateway.movements(now - timedelta(days=1), now + timedelta(seconds=2)))


def moving(remote: Bench) -> Bench:
    if Capability.MOVEMENTS not in remote.gateway.capabilities:
        pytest.skip("it lists no movements")
    return remote


def test_each_is_listed_once_as_it_moved_the_account(remote: Bench) -> None:
    assert listed(moving(remote)) == []
    name = remote.account_is_moved(money(-1500), "Fee of July")
    again = [listed(remote) for _twice in range(2)]
    ((found,), (same,)) = again
    assert found == same
    assert (found.reference, found.amount, found.text) == (name, money(-1500), "Fee of July")
    assert found.kind is MovementKind.FEE
    assert timedelta(0) < clock.now(None) - found.happened_at < timedelta(days=1)


def test_what_is_ours_is_no_movement(remote: Bench) -> None:
    """A charge, and a part of it given back."""
    started = moving(remote).gateway.start(charge_request(remote, money(10000)))
    remote.payer_pays(started)
    request = RefundRequest(key=uuid4(), charge_reference=started.reference, amount=money(400))
    remote.gateway.refund(request)
    name = remote.account_is_moved(money(-1500), "Fee of July")
    assert [each.reference for each in listed(remote)] == [name]


def test_a_list_that_cannot_be_read_to_its_end_is_none(remote: Bench) -> None:
    gateway = cast(MovementGateway, moving(remote).unreachable())
    with pytest.raises(HistoryUnavailable):
        list(gateway.movements(clock.now(None) - timedelta(days=1), clock.now(None)))
