"""The end of an outage: said once, of this outage alone; and what comes before it, when it comes back too soon."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.attention import GATEWAY_DOWN
from allsquare.payments.health import FIRST_PAUSE, LEAST, RELAPSE, pause_after
from allsquare.payments.models import Attention, GatewayAccount, GatewayTrouble
from allsquare.payments.services.bring_back import bring_back
from tests.payments.makers import SILENT, issued_invoice
from tests.payments.test_next_provider import ask, go_down, told


def back(account: GatewayAccount) -> bool:
    return bring_back(organization=account.organization, account_id=account.id, actor=SYSTEM)


def test_whoever_was_not_down_is_not_brought_back(account: GatewayAccount) -> None:
    assert not back(account)
    account.refresh_from_db()
    assert account.up_since is None
    assert not told(account.organization, "gateway_account.back")
    assert not Attention.objects.filter(organization=account.organization).exists()


@pytest.mark.parametrize(("down_for", "said"), [(timedelta(seconds=1), 1), (timedelta(minutes=90), 90)])
def test_how_long_it_was_down_is_said_once(account: GatewayAccount, down_for: timedelta, said: int) -> None:
    now = clock.now(None)
    GatewayAccount.objects.filter(organization=account.organization, id=account.id).update(
        down_since=now - down_for, probe_at=now
    )
    assert back(account)
    assert not back(account)
    (event,) = told(account.organization, "gateway_account.back")
    assert event.data["minutes"] == said
    account.refresh_from_db()
    assert (account.down_since, account.probe_at) == (None, None)
    assert account.up_since is not None


def test_the_task_of_another_outage_stays(
    organization: Organization, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    go_down(organization, customer, [account])
    go_down(organization, customer, [second])
    assert back(account)
    open_ = Attention.objects.filter(organization=organization, resolved_at=None)
    (task,) = open_
    assert (task.kind, task.data["account"]) == (GATEWAY_DOWN, str(second.id))


@pytest.mark.parametrize(
    ("up_for", "pause"),
    [
        (RELAPSE / 2, pause_after(3)),
        (RELAPSE * 2, FIRST_PAUSE),
    ],
    ids=["too soon", "after a good while"],
)
def test_one_that_is_down_again_too_soon_waits_as_long_as_before(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    up_for: timedelta,
    pause: timedelta,
) -> None:
    GatewayAccount.objects.filter(organization=organization, id=account.id).update(
        up_since=clock.now(None) - up_for, probes=3
    )
    account.refresh_from_db()
    go_down(organization, customer, [account])
    assert account.down_since is not None
    assert account.probe_at == account.down_since + pause


def test_of_an_outage_that_is_known_only_probes_are_noted(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    go_down(organization, customer, [account])
    ask(issued_invoice(organization, customer), [account], SILENT)
    assert GatewayTrouble.objects.filter(organization=organization).count() == LEAST
    GatewayAccount.objects.filter(organization=organization, id=account.id).update(probe_at=clock.now(None))
    ask(issued_invoice(organization, customer), [account], SILENT)
    assert GatewayTrouble.objects.filter(organization=organization).count() == LEAST + 1
