"""A product or service is entered."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack

from django.db import transaction

from allsquare.catalog.details import ItemDetails, check, save
from allsquare.catalog.models import Item
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@transaction.atomic
def create_item(
    *,
    organization: Organization,
    name: str,
    unit_price: Decimal,
    actor: Actor,
    **details: Unpack[ItemDetails],
) -> Item:
    """``unit_price`` is in the major unit of the currency, which is the organization's unless given.

    Raises ``FieldErrors`` and ``ItemCodeTaken``.
    """
    require(organization, actor, Permission.EDIT_ITEMS)
    at = clock.now(organization)
    filled: ItemDetails = {"currency": organization.base_currency, **details}
    item = Item(organization=organization, name=name, unit_price=unit_price, created_at=at, **filled)
    check(item)
    save(item)
    facts: dict[str, object] = {
        "name": item.name,
        "unit_price": str(item.unit_price),
        "currency": item.currency,
    }
    record(
        organization_id=organization.id,
        news=[News("item.created", "item", item.id, facts)],
        actor=actor,
        at=at,
    )
    return item
