"""Movements at a provider that are recorded or taken back in the same moment."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.errors import MovementKnown
from allsquare.payments.models import GatewayAccount, ProviderMovement
from allsquare.payments.services import record_movement as recording
from allsquare.payments.services import reverse_movement as reversing
from allsquare.payments.services.reverse_movement import reverse_movement
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.flows import balances, pay
from tests.payments.makers import a_key, charge, eur, issued_invoice, usd
from tests.payments.movements import moved
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

WORKERS = 6


def one_name_many_times(account: GatewayAccount) -> list[object]:
    return at_once([partial(moved, account, eur(-2599), reference="8AB1")] * WORKERS)


def test_one_name_is_recorded_once(organization: Organization, account: GatewayAccount) -> None:
    answers = one_name_many_times(account)
    assert len(succeeded(answers)) == 1
    assert all(isinstance(each, MovementKnown) for each in failures(answers))
    assert ProviderMovement.objects.filter(organization=organization).count() == 1
    assert_all_square()


def test_pressed_many_times_it_is_one(organization: Organization, account: GatewayAccount) -> None:
    answers = at_once([partial(moved, account, eur(-2599), key=a_key())] * WORKERS)
    assert failures(answers) == []
    assert ProviderMovement.objects.filter(organization=organization).count() == 1


def test_it_is_taken_back_once(organization: Organization, account: GatewayAccount) -> None:
    movement = moved(account, eur(-2599))
    back = partial(reverse_movement, organization=organization, movement_id=movement.id, actor=SYSTEM)
    assert failures(at_once([back] * WORKERS)) == []
    assert balances(organization) == {}
    assert_all_square()


def many_take_it(organization: Organization, customer: Customer, account: GatewayAccount) -> dict[str, int]:
    """100.00 USD came at 0.90; in the same moment six times 20.00 go, at 0.80."""
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.9"), actor=SYSTEM)
    invoice = issued_invoice(organization, customer, currency_code="USD")
    pay(invoice, account, amount=usd(10000), answer=charge(reference=a_key(), amount=usd(10000)))
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.8"), actor=SYSTEM)
    # The sixth finds nothing there: it goes at the rate of the day.
    works = [partial(moved, account, usd(-2000)) for _ in range(WORKERS)]
    assert failures(at_once(works)) == []
    return balances(organization)


def test_what_stands_there_is_taken_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    assert many_take_it(organization, customer, account)["clearing"] == -1600
    assert_all_square()


def test_control_without_waiting_it_is_taken_more_than_once(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "serialize", lambda name: None)
    assert many_take_it(organization, customer, account)["clearing"] != -1600


def test_control_without_waiting_one_name_is_refused_by_the_database_alone(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "serialize", lambda name: None)
    refused = failures(one_name_many_times(account))
    assert any(not isinstance(each, MovementKnown) for each in refused)


def test_control_without_waiting_taking_back_fails_for_some(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reversing, "serialize", lambda name: None)
    movement = moved(account, eur(-2599))
    back = partial(reverse_movement, organization=organization, movement_id=movement.id, actor=SYSTEM)
    assert failures(at_once([back] * WORKERS))
