from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.errors import BooksBegun
from allsquare.ledger.models import ExchangeRate
from allsquare.ledger.services.change_base_currency import change_base_currency
from allsquare.ledger.services.set_rate import set_rate
from tests.factories import make_organization, member_actor
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def test_empty_books_change_their_currency_and_forget_rates_into_the_old_one() -> None:
    organization = make_organization()
    set_rate(
        organization=organization,
        currency="USD",
        valid_on=date(2026, 1, 1),
        rate=Decimal("0.9"),
        actor=SYSTEM,
    )
    assert change_base_currency(organization=organization, currency="chf", actor=SYSTEM)
    assert Organization.objects.get(id=organization.id).base_currency == organization.base_currency == "CHF"
    assert not ExchangeRate.objects.filter(organization=organization).exists()
    event = Event.objects.get(kind="organization.changed")
    assert event.data["before"] == {"base_currency": "EUR"}


def test_the_same_again_changes_nothing() -> None:
    organization = make_organization()
    assert not change_base_currency(organization=organization, currency="EUR", actor=SYSTEM)
    assert not Event.objects.filter(kind="organization.changed").exists()


def test_the_first_booking_fixes_it() -> None:
    world = World()
    world.issued()
    with pytest.raises(BooksBegun, match="EUR"):
        change_base_currency(organization=world.organization, currency="USD", actor=SYSTEM)
    assert Organization.objects.get(id=world.organization.id).base_currency == "EUR"


def test_nonsense_is_named_at_its_field() -> None:
    with pytest.raises(FieldErrors) as caught:
        change_base_currency(organization=make_organization(), currency="XXX", actor=SYSTEM)
    assert "base_currency" in caught.value.errors


def test_others_may_not() -> None:
    organization = make_organization()
    with pytest.raises(PermissionDenied):
        change_base_currency(
            organization=organization, currency="USD", actor=member_actor(organization, Role.ACCOUNTANT)
        )
