from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.selectors import list_events
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.errors import RateMissing
from allsquare.ledger.selectors import rate_on, rates_on
from allsquare.ledger.services.set_rate import set_rate
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def accountant(organization: Organization) -> Actor:
    return member_actor(organization, Role.ACCOUNTANT)


def entered(organization: Organization, actor: Actor, rate: str, on: date = DAY, code: str = "USD") -> None:
    set_rate(organization=organization, currency=code, valid_on=on, rate=Decimal(rate), actor=actor)


def test_the_latest_rate_up_to_a_day_counts(organization: Organization, accountant: Actor) -> None:
    entered(organization, accountant, "0.92")
    entered(organization, accountant, "0.95", on=date(2026, 3, 10))
    entered(organization, accountant, "0.006", code="JPY")
    assert rate_on(organization, "USD", date(2026, 3, 9)) == Decimal("0.92")
    assert rate_on(organization, "USD", date(2026, 3, 10)) == Decimal("0.95")
    assert rates_on(organization, ["USD", "EUR", "JPY"], date(2027, 1, 1)) == {
        "USD": Decimal("0.95"),
        "EUR": Decimal(1),
        "JPY": Decimal("0.006"),
    }
    with pytest.raises(RateMissing, match=r"USD on Feb 28, 2026\. Enter one first"):
        rate_on(organization, "USD", date(2026, 2, 28))
    with pytest.raises(RateMissing):
        rate_on(make_organization(), "USD", DAY)


def test_a_correction_is_told_and_a_repeat_is_not(organization: Organization, accountant: Actor) -> None:
    for rate in ("0.92", "0.920", "0.93"):
        entered(organization, accountant, rate)
    assert rate_on(organization, "USD", DAY) == Decimal("0.93")
    told = [(event.data["before"], event.data["rate"]) for event in list_events(organization.id)]
    assert [(before and Decimal(before), Decimal(rate)) for before, rate in told] == [
        (Decimal("0.92"), Decimal("0.93")),
        (None, Decimal("0.92")),
    ]


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "1e10", "0.00000000001"])
def test_what_is_no_rate_is_refused(organization: Organization, accountant: Actor, rate: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        entered(organization, accountant, rate)
    assert caught.value.errors.keys() == {"rate"}


@pytest.mark.parametrize("code", ["EUR", "XXQ", ""])
def test_what_is_no_foreign_currency_is_refused(
    organization: Organization, accountant: Actor, code: str
) -> None:
    with pytest.raises(FieldErrors) as caught:
        entered(organization, accountant, "1.5", code=code)
    assert caught.value.errors.keys() == {"currency"}


def test_not_everybody_sets_rates(organization: Organization) -> None:
    with pytest.raises(PermissionDenied):
        entered(organization, member_actor(organization, Role.BILLING_CLERK), "0.9")
