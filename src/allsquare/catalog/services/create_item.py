"""A product or service is entered."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack
from uuid import UUID

from allsquare.catalog.details import ItemDetails, check, save
from allsquare.catalog.models import Item
from allsquare.catalog.selectors import get_item
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.idempotency import Answer, once
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def create_item(
    *,
    organization: Organization,
    name: str,
    unit_price: Decimal,
    actor: Actor,
    key: str = "",
    **details: Unpack[ItemDetails],
) -> Item:
    """``unit_price`` is in the major unit of the currency, which is the organization's unless given. With a ``key``
    the same form sent twice is one item.

    Raises ``FieldErrors``, ``ItemCodeTaken``, ``KeyReused``, ``KeyInvalid``.
    """
    require(organization, actor, Permission.EDIT_ITEMS)
    if not key:
        return _enter(organization, name, unit_price, actor, details)

    def enter() -> Answer:
        return {"item": str(_enter(organization, name, unit_price, actor, details).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="item.create",
        key=key,
        given={"name": name, "unit_price": unit_price, **details},
        at=clock.now(organization),
        work=enter,
    )
    return get_item(organization, UUID(str(answer["item"])))


def _enter(
    organization: Organization, name: str, unit_price: Decimal, actor: Actor, details: ItemDetails
) -> Item:
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
