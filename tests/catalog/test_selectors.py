from __future__ import annotations

from decimal import Decimal

import pytest

from allsquare.catalog.errors import ItemUnknown
from allsquare.catalog.models import Item
from allsquare.catalog.selectors import get_item, list_items
from allsquare.catalog.services.create_item import create_item
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


def made(organization: Organization, name: str, *, code: str = "", description: str = "") -> Item:
    return create_item(
        organization=organization,
        name=name,
        unit_price=Decimal(1),
        code=code,
        description=description,
        actor=SYSTEM,
    )


def test_pages_by_name_meet_every_item_once() -> None:
    organization = make_organization()
    ids = {made(organization, name).id for name in ["B", "A", "B", "B", "C"]}
    made(make_organization(), "B")
    seen = []
    after = None
    while page := list_items(organization, after=after, limit=2):
        seen += page
        after = (page[-1].name, page[-1].id)
    assert [item.name for item in seen] == ["A", "B", "B", "B", "C"]
    assert {item.id for item in seen} == ids


@pytest.mark.parametrize("search", ["SCREW", "m4-", "stainless"])
def test_search_looks_into_name_code_and_description(search: str) -> None:
    organization = make_organization()
    wanted = made(organization, "Screws", code="M4-20", description="Stainless steel")
    made(organization, "Other")
    assert list_items(organization, search=search) == [wanted]


def test_a_strangers_item_is_unknown() -> None:
    item = made(make_organization(), "A")
    with pytest.raises(ItemUnknown) as caught:
        get_item(make_organization(), item.id)
    assert caught.value.status == 404
