"""News that a provider sent is asked for once more: each as its webhook had told it."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from allsquare.core import clock
from allsquare.payments.gateway import Capability, GatewayEvent, Status
from allsquare.payments.gateway_abilities import HistoryUnavailable, ReplayingGateway
from tests.contracts.benches import Bench, charge_request, money
from tests.webhook_catcher import WebhookCatcher


def replaying(remote: Bench) -> ReplayingGateway:
    assert Capability.REPLAY in remote.gateway.capabilities
    return cast(ReplayingGateway, remote.gateway)


def test_what_was_told_is_told_once_more_under_the_same_names(remote: Bench, catcher: WebhookCatcher) -> None:
    """So whatever did arrive is known, and only what was lost is new."""
    remote.send_news_to(catcher.url)
    begun = clock.now(None)
    remote.payer_pays(remote.gateway.start(charge_request(remote, money(1000))))
    came = _arrived(remote, catcher)

    again = list(replaying(remote).told(begun - timedelta(seconds=2), clock.now(None) + timedelta(seconds=2)))

    facts = {each.external_id: (each.kind, each.object_reference, each.occurred_at) for each in again}
    assert came
    assert {name: facts.get(name) for name in came} == {
        name: (each.kind, each.object_reference, each.occurred_at) for name, each in came.items()
    }
    assert len(facts) == len(again)
    assert [remote.gateway.outcomes(each) for each in again if each.external_id in came] == [
        remote.gateway.outcomes(came[each.external_id]) for each in again if each.external_id in came
    ]


def test_more_than_a_page_is_told_whole_and_what_is_older_is_not(
    remote: Bench, catcher: WebhookCatcher
) -> None:
    remote.send_news_to(catcher.url)
    page = remote.traits.page
    remote.list_by(page)
    for number in range(page + 5):
        started = remote.gateway.start(charge_request(remote, money(100 + number)))
        assert started.status is Status.ACTION_REQUIRED
        remote.payer_pays(started)
    end = clock.now(None) + timedelta(seconds=2)

    told = [each.external_id for each in replaying(remote).told(end - timedelta(hours=1), end)]

    came = _arrived(remote, catcher, payments=page + 5)
    assert len(told) == len(set(told)) > page, "more than a page, and nothing twice"
    assert set(told) >= came.keys()
    assert list(replaying(remote).told(end, end + timedelta(hours=1))) == []


def test_news_that_cannot_be_had_is_not_no_news(remote: Bench) -> None:
    gateway = cast(ReplayingGateway, remote.unreachable())
    with pytest.raises(HistoryUnavailable):
        list(gateway.told(clock.now(None) - timedelta(hours=1), clock.now(None)))


def _arrived(remote: Bench, catcher: WebhookCatcher, *, payments: int = 1) -> dict[str, GatewayEvent]:
    """What the webhooks told, by name."""
    found: dict[str, GatewayEvent] = {}
    for letter in catcher.wait(payments * remote.traits.deliveries):
        for event in remote.gateway.parse_webhook(
            headers=letter.headers, body=letter.body, received_at=clock.now(None)
        ):
            found[event.external_id] = event
    return found
