"""A parked webhook is read again."""

from __future__ import annotations

import pytest

from allsquare.core import clock
from allsquare.core.errors import PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.due import accounts_with_mail
from allsquare.payments.errors import DeliveryUnknown
from allsquare.payments.models import GatewayAccount, InboxEvent
from allsquare.payments.services.retry_inbox import retry_inbox
from tests.factories import make_organization, member_actor


@pytest.fixture
def parked(account: GatewayAccount) -> InboxEvent:
    now = clock.now(None)
    return InboxEvent.objects.create(
        organization=account.organization,
        gateway_account=account,
        external_id="evt_1",
        kind="charge.succeeded",
        object_reference="ch_1",
        payload={},
        state="parked",
        error="KeyError: 'amount'",
        tries=8,
        received_at=now,
        next_try_at=now,
    )


def test_it_waits_again_with_all_its_tries_and_the_log_says_who(
    organization: Organization, account: GatewayAccount, parked: InboxEvent
) -> None:
    clerk = member_actor(organization, Role.BILLING_CLERK)
    assert account not in accounts_with_mail()
    for _ in range(2):
        retried = retry_inbox(organization=organization, delivery_id=parked.id, actor=clerk)
        assert (retried.state, retried.tries) == ("received", 0)
    assert account in accounts_with_mail()
    assert [(e.kind, e.actor_id) for e in events_of(organization.id, [parked.id])] == [
        ("inbox.retried", clerk.id)
    ]


def test_nobody_else_may_and_nobody_elses_is_known(organization: Organization, parked: InboxEvent) -> None:
    with pytest.raises(PermissionDenied):
        retry_inbox(
            organization=organization, delivery_id=parked.id, actor=member_actor(organization, Role.VIEWER)
        )
    other = make_organization()
    with pytest.raises(DeliveryUnknown):
        retry_inbox(organization=other, delivery_id=parked.id, actor=member_actor(other))
    parked.refresh_from_db()
    assert parked.state == "parked"
