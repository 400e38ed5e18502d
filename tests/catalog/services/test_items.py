from __future__ import annotations

from decimal import Decimal

import pytest

from allsquare.catalog.errors import ItemCodeTaken, ItemUnknown
from allsquare.catalog.models import Item
from allsquare.catalog.selectors import get_item, list_items
from allsquare.catalog.services.archive_item import archive_item
from allsquare.catalog.services.change_item import change_item
from allsquare.catalog.services.create_item import create_item
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.selectors import events_of
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def seller(organization: Organization) -> Actor:
    return member_actor(organization, Role.SALES)


@pytest.fixture
def item(organization: Organization, seller: Actor) -> Item:
    return create_item(
        organization=organization, name="Consulting", unit_price=Decimal(80), code="C-1", actor=seller
    )


def test_an_item_is_entered(organization: Organization, seller: Actor) -> None:
    item = create_item(
        organization=organization, name="Screw", unit_price=Decimal("0.004"), unit="c62", actor=seller
    )
    stored = get_item(organization, item.id)
    assert (stored.unit_price, stored.currency, stored.unit) == (Decimal("0.004"), "EUR", "C62")
    [event] = events_of(organization.id, [item.id])
    assert event.data == {"name": "Screw", "unit_price": "0.004", "currency": "EUR"}


def test_everything_wrong_is_named_at_once(organization: Organization, seller: Actor) -> None:
    with pytest.raises(FieldErrors) as caught:
        create_item(
            organization=organization,
            name="",
            unit_price=Decimal("0.0000001"),
            unit="hours",
            currency="",
            tax_category="?",
            kind="thing",
            actor=seller,
        )
    wrong = {"name", "unit_price", "unit", "currency", "tax_category", "kind"}
    assert caught.value.errors.keys() == wrong


def test_a_code_is_used_once_per_organization(organization: Organization, seller: Actor, item: Item) -> None:
    with pytest.raises(ItemCodeTaken):
        create_item(organization=organization, name="B", unit_price=Decimal(1), code=" C-1", actor=seller)
    second = create_item(organization=organization, name="B", unit_price=Decimal(1), actor=seller)
    create_item(
        organization=organization, name="C", unit_price=Decimal(1), actor=seller
    )  # no code: as often as wanted
    with pytest.raises(ItemCodeTaken):
        change_item(organization=organization, item_id=second.id, code="C-1", actor=seller)
    other = make_organization()
    same = create_item(
        organization=other, name="A", unit_price=Decimal(1), code="C-1", actor=member_actor(other)
    )
    assert same.code == item.code


def test_a_changed_price_is_told_with_the_old_one(
    organization: Organization, seller: Actor, item: Item
) -> None:
    for _ in range(2):
        change_item(organization=organization, item_id=item.id, unit_price=Decimal(90), actor=seller)
    assert get_item(organization, item.id).unit_price == 90
    [_, changed] = events_of(organization.id, [item.id])
    assert changed.data == {
        "changed": ["unit_price"],
        "unit_price": "90",
        "unit_price_before": "80.000000",
    }


def test_archiving_hides_and_keeps(organization: Organization, seller: Actor, item: Item) -> None:
    for _ in range(2):
        archive_item(organization=organization, item_id=item.id, actor=seller)
    assert list_items(organization) == []
    assert get_item(organization, item.id).archived_at is not None
    kinds = [event.kind for event in events_of(organization.id, [item.id])]
    assert kinds == ["item.created", "item.archived"]


def test_another_organizations_item_is_unknown(item: Item) -> None:
    other = make_organization()
    stranger = member_actor(other)
    with pytest.raises(ItemUnknown):
        change_item(organization=other, item_id=item.id, name="X", actor=stranger)
    with pytest.raises(ItemUnknown):
        archive_item(organization=other, item_id=item.id, actor=stranger)


def test_viewers_change_nothing(organization: Organization, item: Item) -> None:
    viewer = member_actor(organization, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        create_item(organization=organization, name="X", unit_price=Decimal(1), actor=viewer)
    with pytest.raises(PermissionDenied):
        change_item(organization=organization, item_id=item.id, name="X", actor=viewer)
    with pytest.raises(PermissionDenied):
        archive_item(organization=organization, item_id=item.id, actor=viewer)
