"""News at the door: kept once, or refused without a trace."""

from __future__ import annotations

import json

import pytest

from allsquare.identity.models import Organization
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.models import GatewayAccount, InboxEvent
from allsquare.payments.services.receive import MAX_BODY, receive
from tests import factories
from tests.payments.makers import SIGNATURE, scripted_account

NEWS = {"id": "evt_1", "kind": "charge.succeeded", "object": "ch_1", "at": "2026-01-31T12:00:00+00:00"}


def deliver(account: GatewayAccount, body: bytes | None = None, signature: str = SIGNATURE) -> bool:
    return receive(
        organization=account.organization,
        gateway_account=account,
        headers={"signature": signature},
        body=json.dumps(NEWS).encode() if body is None else body,
    )


def test_news_is_kept_as_it_came(account: GatewayAccount) -> None:
    assert deliver(account)
    kept = InboxEvent.objects.get(organization=account.organization)
    assert (kept.external_id, kept.kind, kept.object_reference) == ("evt_1", "charge.succeeded", "ch_1")
    assert (kept.state, kept.tries, kept.payload) == ("received", 0, NEWS)
    assert kept.occurred_at is not None
    assert kept.occurred_at.isoformat() == NEWS["at"]


def test_a_repeat_changes_nothing_and_says_so(account: GatewayAccount) -> None:
    assert [deliver(account) for _ in range(3)] == [True, False, False]
    assert InboxEvent.objects.filter(organization=account.organization).count() == 1


def test_two_accounts_may_use_the_same_id(organization: Organization, account: GatewayAccount) -> None:
    other = scripted_account(factories.make_organization())
    assert deliver(account)
    assert deliver(other)


def test_a_wrong_signature_leaves_no_row(account: GatewayAccount) -> None:
    with pytest.raises(DeliveryRefused):
        deliver(account, signature="by somebody else")
    assert not InboxEvent.objects.exists()


def test_a_delivery_above_the_limit_is_refused_unread(account: GatewayAccount) -> None:
    with pytest.raises(DeliveryRefused, match="1 MB"):
        deliver(account, b"x" * (MAX_BODY + 1), signature="not looked at")
    assert not InboxEvent.objects.exists()


@pytest.mark.parametrize(
    "poison",
    [
        {**NEWS, "note": "a\0b"},  # PostgreSQL has no NUL in text
        {**NEWS, "note": "\ud800"},  # half a character
        {**NEWS, "note": float("nan")},
        {**NEWS, "id": "x" * 121},
    ],
    ids=["nul", "half a surrogate pair", "not a number", "endless id"],
)
def test_what_the_database_cannot_hold_is_refused_and_not_a_crash(
    account: GatewayAccount, poison: dict[str, object]
) -> None:
    with pytest.raises(DeliveryRefused, match="cannot be kept"):
        deliver(account, json.dumps(poison).encode())
    assert deliver(account)
    assert InboxEvent.objects.filter(organization=account.organization).count() == 1
