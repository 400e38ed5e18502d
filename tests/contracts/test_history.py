"""What a provider lists: after a restore it is all that is known of what happened since the backup."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from allsquare.core import clock
from allsquare.payments.gateway import Capability, RefundRequest, Status, Subject
from allsquare.payments.gateway_abilities import HistoryGateway, HistoryUnavailable, Sighting
from tests.contracts.benches import Bench, charge_request, money


def history_of(remote: Bench) -> HistoryGateway:
    if Capability.HISTORY not in remote.gateway.capabilities:
        pytest.skip("it lists nothing")
    gateway: HistoryGateway = remote.gateway  # type: ignore[assignment]  # what the capability says
    return gateway


def lately(remote: Bench) -> list[Sighting]:
    return list(history_of(remote).since(clock.now(None) - timedelta(hours=1)))


@pytest.mark.parametrize("invoice", [str(uuid4()), "several"], ids=["one invoice", "several"])
def test_charges_are_listed_as_they_are_now_with_what_we_said_of_them(remote: Bench, invoice: str) -> None:
    labels = {"invoice": invoice, "customer": str(uuid4())}
    paid = replace(charge_request(remote, money(1000)), metadata=labels)
    waiting = charge_request(remote, money(700))
    remote.payer_pays(remote.gateway.start(paid))
    remote.gateway.start(waiting)
    expected = [(paid, Status.SUCCEEDED)]
    if remote.traits.lists_pages:
        expected.append((waiting, Status.ACTION_REQUIRED))

    by_key = {sighting.outcome.key: sighting for sighting in lately(remote)}

    assert set(by_key) == {asked.key for asked, _ in expected}
    for asked, status in expected:
        seen = by_key[asked.key]
        assert (seen.asked, seen.method, seen.outcome.status) == (asked.amount, asked.method, status)
        assert seen.labels == {**asked.metadata, "attempt": str(asked.key)}
        found = remote.gateway.look_up(
            key=asked.key, reference=seen.outcome.reference, subject=Subject.CHARGE
        )
        assert seen.outcome == found


def test_a_refund_is_listed_after_its_charge(remote: Bench) -> None:
    charge = remote.gateway.start(charge_request(remote, money(1000)))
    remote.payer_pays(charge)
    request = RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(400))
    refunded = remote.gateway.refund(request)

    outcomes = [sighting.outcome for sighting in lately(remote)]

    assert [outcome.subject for outcome in outcomes] == [Subject.CHARGE, Subject.REFUND]
    assert replace(outcomes[1], charge_reference=charge.reference) == refunded


def test_an_older_charge_that_changed_since_is_listed(remote: Bench) -> None:
    """It was asked for before the backup and paid after it."""
    charge = remote.gateway.start(charge_request(remote, money(1000)))
    time.sleep(remote.traits.tick.total_seconds())
    between = clock.now(None)
    assert list(history_of(remote).since(between)) == []

    remote.payer_pays(charge)

    (seen,) = history_of(remote).since(between)
    assert (seen.outcome.key, seen.outcome.status) == (charge.key, Status.SUCCEEDED)


def test_what_is_older_is_not_listed_and_more_than_a_page_is_listed_whole(remote: Bench) -> None:
    keys = [uuid4() for _ in range(103)]
    for key in keys:
        started = remote.gateway.start(charge_request(remote, money(100), key=key))
        if not remote.traits.lists_pages:
            remote.payer_pays(started)

    assert {sighting.outcome.key for sighting in lately(remote)} == set(keys)
    later = clock.now(None) + remote.traits.lag + timedelta(seconds=1)
    assert list(history_of(remote).since(later)) == []


def test_a_list_that_cannot_be_read_is_no_empty_list(remote: Bench) -> None:
    history_of(remote)
    gateway: HistoryGateway = remote.unreachable()  # type: ignore[assignment]  # what the capability says

    with pytest.raises(HistoryUnavailable):
        list(gateway.since(clock.now(None)))


def test_a_time_that_has_ended_is_listed_by_itself(remote: Bench) -> None:
    """So a long time can be gone through piece by piece: what came later is in a later piece."""
    history = history_of(remote)
    earlier, later = (charge_request(remote, money(1000)) for _ in range(2))
    remote.payer_pays(remote.gateway.start(earlier))
    time.sleep(remote.traits.tick.total_seconds())
    between = clock.now(None)
    time.sleep(remote.traits.tick.total_seconds())
    remote.payer_pays(remote.gateway.start(later))
    begin = between - timedelta(hours=1)

    first = [sighting.outcome.key for sighting in history.since(begin, between)]
    both = [sighting.outcome.key for sighting in history.since(begin, between + timedelta(hours=1))]

    assert first == [earlier.key]
    assert sorted(both, key=str) == sorted([earlier.key, later.key], key=str)
