"""A provider that is asked after a restore and does not answer: a person is told, once, and until it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from allsquare.cli.worker import recover_after_restore
from allsquare.core import clock, restoration
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event, Restoration
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.attention import PROVIDER_SILENT, sentence
from allsquare.payments.due import accounts_to_recover, accounts_with_mail
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import Capability
from allsquare.payments.gateway_abilities import HistoryUnavailable, Sighting
from allsquare.payments.models import Attention, GatewayAccount, InboxEvent
from allsquare.payments.offers import offers_to
from allsquare.payments.services import recover as room
from allsquare.payments.services.refund import refund
from allsquare.payments.services.run_autopay import run_autopay
from allsquare.payments.services.switch_gateway_account import switch_gateway_account
from allsquare.payments.states import InboxState
from tests.payments.autopay_shop import Shop, asked
from tests.payments.flows import paid
from tests.payments.makers import ScriptedGateway, a_key, eur, refund_outcome, second_account


class Provider:
    """Keeps a list, and fails to give it when told to."""

    capabilities = frozenset({Capability.HISTORY})

    def __init__(self) -> None:
        self.failure: Exception | None = None

    def since(self, _moment: datetime, _until: datetime | None = None) -> Iterator[Sighting]:
        if self.failure:
            raise self.failure
        return iter(())


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(room, "adapter", lambda _account: made)
    return made


@pytest.fixture
def ask(organization: Organization, account: GatewayAccount) -> Callable[[], bool]:
    """After a restore that was longer ago than anybody is patient."""
    long_ago = clock.now(None) - room.PATIENCE - timedelta(seconds=1)
    restoration.begin(taken_at=long_ago)
    Restoration.objects.update(restored_at=long_ago)
    GatewayAccount.objects.filter(id=account.id).update(unknown_since=long_ago)

    def again() -> bool:
        mine = GatewayAccount.objects.get(id=account.id)
        return room.recover(organization=organization, gateway_account=mine)

    return again


def tasks(organization: Organization) -> list[bool]:
    """Of each task about a silent provider: is it done?"""
    found = Attention.objects.filter(organization=organization, kind=PROVIDER_SILENT).order_by("id")
    return [task.resolved_at is not None for task in found]


@pytest.mark.parametrize(
    "failure", [HistoryUnavailable("503"), AttributeError("metadata")], ids=["away", "odd"]
)
def test_a_person_is_told_once_and_told_no_more_when_it_answers(
    organization: Organization,
    account: GatewayAccount,
    provider: Provider,
    ask: Callable[[], bool],
    failure: Exception,
) -> None:
    provider.failure = failure
    assert [ask(), ask()] == [False, False]
    assert tasks(organization) == [False]
    assert Event.objects.filter(organization_id=organization.id, kind="attention.raised").count() == 1
    assert account.label in sentence(PROVIDER_SILENT, Attention.objects.get().data)
    assert GatewayAccount.objects.get(id=account.id).unknown_since, "no money moves meanwhile"
    provider.failure = None
    assert ask()
    assert tasks(organization) == [True]
    assert GatewayAccount.objects.get(id=account.id).unknown_since is None


def test_the_next_restore_tells_anew(
    organization: Organization, account: GatewayAccount, provider: Provider, ask: Callable[[], bool]
) -> None:
    provider.failure = HistoryUnavailable("503")
    ask()
    provider.failure = None
    ask()
    provider.failure = HistoryUnavailable("503")
    GatewayAccount.objects.filter(id=account.id).update(unknown_since=clock.now(None))
    ask()
    assert tasks(organization) == [True, False]


def test_just_after_the_restore_nobody_is_told(
    organization: Organization, provider: Provider, ask: Callable[[], bool]
) -> None:
    Restoration.objects.update(restored_at=clock.now(None))
    provider.failure = HistoryUnavailable("503")
    assert not ask()
    assert tasks(organization) == []


def test_nobody_need_look_at_one_that_is_off(
    organization: Organization, account: GatewayAccount, provider: Provider, ask: Callable[[], bool]
) -> None:
    """Nothing waits for it."""
    GatewayAccount.objects.filter(id=account.id).update(enabled=False)
    provider.failure = HistoryUnavailable("503")
    assert not ask()
    assert tasks(organization) == []


def switched(account: GatewayAccount, *, on: bool) -> None:
    switch_gateway_account(organization=account.organization, account_id=account.id, enabled=on, actor=SYSTEM)


def held(account: GatewayAccount) -> bool:
    return GatewayAccount.objects.get(id=account.id).unknown_since is not None


def restored() -> None:
    now = clock.now(None)
    restoration.begin(taken_at=now)
    GatewayAccount.objects.update(unknown_since=now)


def test_an_account_that_is_off_is_asked_too_and_can_be_used_again(
    organization: Organization, customer: Customer, account: GatewayAccount, provider: Provider
) -> None:
    payment = paid(organization, customer, account)
    second_account(organization)
    switched(account, on=False)
    restored()

    def give_back() -> None:
        refund(
            organization=organization,
            payment_id=payment.id,
            amount=eur(1000),
            reason="",
            key=a_key(),
            actor=SYSTEM,
        )

    with pytest.raises(GatewayUnavailable, match=account.label):
        give_back()
    recover_after_restore()
    recover_after_restore()
    assert not held(account)
    assert restoration.under_way() is None
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(1000)))
    give_back()
    payment.refresh_from_db()
    assert payment.refunded_minor == 1000
    switched(account, on=True)
    assert account in [offer.account for offer in offers_to(organization, amount=eur(1000), country="DE")]


def test_one_that_was_switched_off_since_it_is_silent_is_not_waited_for_and_asked_when_it_is_on_again(
    organization: Organization, account: GatewayAccount, provider: Provider
) -> None:
    restored()
    provider.failure = HistoryUnavailable("503")
    recover_after_restore()
    assert restoration.under_way() is not None
    switched(account, on=False)
    recover_after_restore()
    assert restoration.under_way() is None
    recover_after_restore()
    assert accounts_to_recover() == [], "whoever was left by the business is not asked all the time"
    assert held(account)
    GatewayAccount.objects.filter(id=account.id).update(history_due_at=clock.now(None))
    assert accounts_to_recover() == [account], "but every hour"
    GatewayAccount.objects.filter(id=account.id).update(history_due_at=clock.now(None) + timedelta(hours=1))
    switched(account, on=True)
    provider.failure = None
    recover_after_restore()
    assert not held(account)


def test_nothing_is_charged_by_agreement_before_everybody_was_asked(
    organization: Organization, customer: Customer, account: GatewayAccount, provider: Provider
) -> None:
    """What is due may have been paid at the provider that does not answer yet."""
    shop = Shop(organization, customer, account)
    invoice = shop.invoice()
    other = second_account(organization)
    GatewayAccount.objects.filter(id=other.id).update(unknown_since=clock.now(None))
    shop.pays()
    assert invoice.due_on is not None
    assert shop.through(invoice.due_on - timedelta(days=2), 4) == []
    switched(other, on=False)
    run_autopay(organization=organization)
    assert len(asked()) == 1, "one that is switched off is not waited for"


def test_news_waits_until_its_provider_was_asked(
    organization: Organization, account: GatewayAccount, settings: Settings
) -> None:
    """News of what the backup does not know would be parked, with a task and a mail each."""
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_recover.WithHistory",
    }
    now = clock.now(None)
    InboxEvent.objects.create(
        organization=organization,
        gateway_account=account,
        external_id="evt_1",
        payload={},
        state=InboxState.RECEIVED,
        received_at=now,
        next_try_at=now,
    )
    assert accounts_with_mail() == [account]
    GatewayAccount.objects.filter(id=account.id).update(unknown_since=now)
    assert accounts_with_mail() == []


class WithHistory(ScriptedGateway):
    capabilities = ScriptedGateway.capabilities | {Capability.HISTORY}
