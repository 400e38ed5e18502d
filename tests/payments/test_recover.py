"""A provider that is asked after a restore and does not answer: a person is told, once, and until it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from allsquare.core import clock, restoration
from allsquare.core.models import Event, Restoration
from allsquare.identity.models import Organization
from allsquare.payments.attention import PROVIDER_SILENT, sentence
from allsquare.payments.gateway import Capability
from allsquare.payments.gateway_abilities import HistoryUnavailable, Sighting
from allsquare.payments.models import Attention, GatewayAccount
from allsquare.payments.services import recover as room


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
