from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, InvalidInput, PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.tax.errors import RateEnded, RateOverlaps, RateUnknown
from allsquare.tax.models import TaxRate
from allsquare.tax.selectors import list_rates
from allsquare.tax.services.add_rate import add_rate
from allsquare.tax.services.end_rate import end_rate
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db

START, END = date(2026, 1, 1), date(2026, 6, 30)


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def owner(organization: Organization) -> Actor:
    return member_actor(organization)


def added(
    organization: Organization,
    actor: Actor,
    *,
    name: str = "VAT",
    country: str = "DE",
    category: str = "S",
    percent: str = "19",
    valid_from: date = START,
    valid_until: date | None = None,
) -> TaxRate:
    return add_rate(
        organization=organization,
        name=name,
        country=country,
        category=category,
        percent=Decimal(percent),
        valid_from=valid_from,
        valid_until=valid_until,
        actor=actor,
    )


def test_a_rate_is_added_and_told(organization: Organization, owner: Actor) -> None:
    rate = added(organization, owner, name=" VAT 19 % ", country="de")
    assert list_rates(organization) == [rate]
    assert (rate.name, rate.country) == ("VAT 19 %", "DE")
    [event] = events_of(organization.id, [rate.id])
    assert (event.kind, event.data["percent"], event.actor_id) == ("tax_rate.added", "19", owner.id)


def test_everything_wrong_is_named_at_once(organization: Organization, owner: Actor) -> None:
    with pytest.raises(FieldErrors) as caught:
        added(organization, owner, name="", country="XX", category="Q", percent="1.23456")
    assert caught.value.errors.keys() == {"name", "country", "category", "percent"}


@pytest.mark.parametrize(
    ("category", "percent"), [("S", "0"), ("Z", "7"), ("S", "-1"), ("S", "101"), ("S", "NaN")]
)
def test_a_percentage_that_its_category_cannot_have_is_refused(
    organization: Organization, owner: Actor, category: str, percent: str
) -> None:
    with pytest.raises(FieldErrors) as caught:
        added(organization, owner, category=category, percent=percent)
    assert caught.value.errors.keys() == {"percent"}


def test_a_rate_that_ends_before_it_begins_is_refused(organization: Organization, owner: Actor) -> None:
    with pytest.raises(FieldErrors, match="last day lies before the first"):
        added(organization, owner, valid_from=END, valid_until=START)


@pytest.mark.parametrize(("name", "percent"), [("Other name", "19"), ("vat", "21")])
@pytest.mark.parametrize(("start", "end"), [(END, None), (date(2025, 1, 1), START), (START, END)])
def test_overlaps_are_refused(
    organization: Organization, owner: Actor, name: str, percent: str, start: date, end: date | None
) -> None:
    first = added(organization, owner, valid_until=END)
    with pytest.raises(RateOverlaps, match="valid from Jan 1, 2026 until Jun 30, 2026"):
        added(organization, owner, name=name, percent=percent, valid_from=start, valid_until=end)
    assert list_rates(organization) == [first]


def test_what_does_not_overlap_stands_side_by_side(organization: Organization, owner: Actor) -> None:
    added(organization, owner, valid_until=END)
    added(organization, owner, valid_from=date(2026, 7, 1))
    added(organization, owner, name="VAT reduced", percent="7")
    added(organization, owner, country="AT")
    added(organization, owner, category="Z", percent="0")
    assert len(list_rates(organization)) == 5


def test_a_rate_is_ended_once_and_earlier_but_not_later(organization: Organization, owner: Actor) -> None:
    rate = added(organization, owner)
    for last in (END, END, START):
        ended = end_rate(organization=organization, rate_id=rate.id, valid_until=last, actor=owner)
        assert ended.valid_until == last
    kinds = [event.kind for event in events_of(organization.id, [rate.id])]
    assert kinds == ["tax_rate.added", "tax_rate.ended", "tax_rate.ended"]
    with pytest.raises(RateEnded):
        end_rate(organization=organization, rate_id=rate.id, valid_until=END, actor=owner)
    with pytest.raises(InvalidInput, match="cannot end before"):
        end_rate(organization=organization, rate_id=rate.id, valid_until=date(2025, 1, 1), actor=owner)


def test_another_organizations_rate_is_unknown(organization: Organization, owner: Actor) -> None:
    other = make_organization()
    rate = added(other, member_actor(other))
    with pytest.raises(RateUnknown):
        end_rate(organization=organization, rate_id=rate.id, valid_until=END, actor=owner)


def test_rates_are_a_matter_of_settings(organization: Organization, owner: Actor) -> None:
    rate, accountant = added(organization, owner), member_actor(organization, Role.ACCOUNTANT)
    with pytest.raises(PermissionDenied):
        added(organization, accountant, country="AT")
    with pytest.raises(PermissionDenied):
        end_rate(organization=organization, rate_id=rate.id, valid_until=END, actor=accountant)
