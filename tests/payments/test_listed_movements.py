"""What a provider lists as movements waits for a person, and is taken into the books once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.ids import new_id
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.errors import PeriodClosed
from allsquare.ledger.services.close_period import close_period
from allsquare.payments.errors import GatewayUnknown, MovementsUnlisted, MovementUnknown
from allsquare.payments.gateway import Capability
from allsquare.payments.gateway_abilities import HistoryUnavailable, MovementKind
from allsquare.payments.gateway_abilities import ListedMovement as Listed
from allsquare.payments.listed_movements import unrecorded
from allsquare.payments.models import GatewayAccount, ListedMovement, ProviderMovement
from allsquare.payments.services.leave_movement import leave_movement
from allsquare.payments.services.list_movements import list_movements
from allsquare.payments.services.reverse_movement import reverse_movement
from allsquare.payments.services.take_movement import take_movement
from tests import factories
from tests.payments.flows import balances
from tests.payments.makers import ScriptedGateway, eur
from tests.payments.movements import moved
from tests.square import assert_all_square


class ListingGateway(ScriptedGateway):
    """It lists what the test says, or is away."""

    capabilities = ScriptedGateway.capabilities | {Capability.MOVEMENTS}
    listed: list[Listed] = []  # the test's script, emptied by the fixture
    away: bool = False

    def movements(self, first: datetime, until: datetime) -> Iterator[Listed]:
        if self.away:
            raise HistoryUnavailable("Nobody is there.")
        return (each for each in self.listed if first <= each.happened_at <= until)


@pytest.fixture(autouse=True)
def listing(settings: Settings, scripted: type[ScriptedGateway]) -> type[ListingGateway]:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_listed_movements.ListingGateway",
    }
    ListingGateway.listed.clear()
    ListingGateway.away = False
    return ListingGateway


def there(minor: int, kind: MovementKind, name: str, *, days_ago: int = 0) -> None:
    at = clock.now(None) - timedelta(days=days_ago)
    ListingGateway.listed.append(Listed(name, kind, eur(minor), at, f"Words of {name}"))


def ask(account: GatewayAccount, *, days: int = 30) -> int:
    today = clock.today(account.organization)
    return list_movements(
        organization=account.organization,
        gateway_account_id=account.id,
        first=today - timedelta(days=days),
        last=today,
        actor=SYSTEM,
    )


def take(listed: ListedMovement) -> ProviderMovement:
    return take_movement(organization=listed.organization, listed_id=listed.id, actor=SYSTEM)


def test_what_is_listed_is_booked_by_a_press_and_not_before(
    organization: Organization, account: GatewayAccount
) -> None:
    there(-1500, MovementKind.FEE, "9M1", days_ago=3)
    there(5000, MovementKind.BANK, "9M2")
    assert (ask(account), ask(account)) == (2, 0)
    assert balances(organization) == {}
    fee, top_up = unrecorded(organization, account)
    assert (fee.reference, fee.text, fee.kind) == ("9M1", "Words of 9M1", "fee")
    first, second = (take(fee) for _twice in range(2))
    assert first.id == second.id
    assert (first.source, first.memo, first.reference) == ("provider", "Words of 9M1", "9M1")
    assert first.moved_on == clock.today(organization) - timedelta(days=3)
    assert unrecorded(organization, account) == [top_up]
    take(top_up)
    assert balances(organization) == {"clearing": 3500, "gateway_fees": 1500, "bank": -5000}
    assert (unrecorded(organization, account), ask(account)) == ([], 0)
    told = Event.objects.filter(organization_id=organization.id, kind="movements.listed")
    assert [each.data["new"] for each in told.order_by("id")] == [2, 0, 0]
    assert_all_square()


def test_what_a_person_recorded_under_its_name_is_not_missing(
    organization: Organization, account: GatewayAccount
) -> None:
    there(-1500, MovementKind.FEE, "9M1")
    by_hand = moved(account, eur(-1500), "fee", reference="9M1")
    ask(account)
    assert unrecorded(organization, account) == []
    (listed,) = ListedMovement.objects.filter(organization=organization)
    assert take(listed).id == by_hand.id
    assert balances(organization) == {"clearing": -1500, "gateway_fees": 1500}


def test_what_was_taken_back_is_missing_again(organization: Organization, account: GatewayAccount) -> None:
    there(-1500, MovementKind.FEE, "9M1")
    ask(account)
    (listed,) = unrecorded(organization, account)
    for turn in (1, 2):
        movement = take(listed)
        assert movement.turn == turn
        reverse_movement(organization=organization, movement_id=movement.id, actor=SYSTEM)
        assert unrecorded(organization, account) == [listed]
    assert balances(organization) == {}
    assert_all_square()


def test_what_is_left_out_is_not_shown_again(organization: Organization, account: GatewayAccount) -> None:
    there(-1500, MovementKind.FEE, "9M1")
    ask(account)
    (listed,) = unrecorded(organization, account)
    left = [
        leave_movement(organization=organization, listed_id=listed.id, actor=SYSTEM) for _twice in range(2)
    ]
    assert left == [True, False]
    assert (unrecorded(organization, account), ask(account), balances(organization)) == ([], 0, {})


def test_a_provider_that_does_not_answer_is_asked_again(
    organization: Organization, account: GatewayAccount
) -> None:
    there(-1500, MovementKind.FEE, "9M1")
    ListingGateway.away = True
    with pytest.raises(MovementsUnlisted, match="Ask again"):
        ask(account)
    assert not ListedMovement.objects.filter(organization=organization).exists()
    ListingGateway.away = False
    assert ask(account) == 1


def test_a_refusal_leaves_it_listed(organization: Organization, account: GatewayAccount) -> None:
    there(-1500, MovementKind.FEE, "9M1", days_ago=3)
    ask(account)
    (listed,) = unrecorded(organization, account)
    close_period(organization=organization, starts_on=listed.moved_on, ends_on=listed.moved_on, actor=SYSTEM)
    with pytest.raises(PeriodClosed):
        take(listed)
    assert unrecorded(organization, account) == [listed]


def test_nonsense_and_strangers_are_refused(
    organization: Organization, account: GatewayAccount, settings: Settings
) -> None:
    for days in (92, -1):
        with pytest.raises(FieldErrors):
            ask(account, days=days)
    there(-1500, MovementKind.FEE, "9M1")
    ask(account)
    (listed,) = unrecorded(organization, account)
    other = factories.make_organization()
    for work in (take_movement, leave_movement):
        with pytest.raises(MovementUnknown):
            work(organization=other, listed_id=listed.id, actor=SYSTEM)
        with pytest.raises(PermissionDenied):
            work(
                organization=organization,
                listed_id=listed.id,
                actor=factories.member_actor(organization, Role.BILLING_CLERK),
            )
        with pytest.raises(MovementUnknown):
            work(organization=organization, listed_id=new_id(), actor=SYSTEM)
    account.organization = other
    with pytest.raises(GatewayUnknown):
        ask(account)
    assert unrecorded(other, account) == []
    account.organization = organization
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    with pytest.raises(MovementsUnlisted, match="does not list"):
        ask(account)
