"""An item's record is changed. Documents written before keep what they said."""

from __future__ import annotations

from typing import Unpack
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.catalog.details import ChangedDetails, check, save
from allsquare.catalog.errors import ItemUnknown
from allsquare.catalog.models import Item
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def change_item(
    *, organization: Organization, item_id: UUID, actor: Actor, **details: Unpack[ChangedDetails]
) -> Item:
    """Fields that are not given stay; the event tells old and new price.

    Raises :class:`ItemUnknown`, ``FieldErrors`` and ``ItemCodeTaken``.
    """
    require(organization, actor, Permission.EDIT_ITEMS)
    found = Item.objects.filter(organization=organization, id=item_id)
    item = found.select_for_update(no_key=True).first()
    if item is None:
        raise ItemUnknown(_("There is no such item."))
    before = {name: getattr(item, name) for name in ChangedDetails.__annotations__}
    for name, value in details.items():
        setattr(item, name, value)
    check(item)
    changed = sorted(name for name, value in before.items() if getattr(item, name) != value)
    if changed:
        save(item)
        facts: dict[str, object] = {"changed": changed}
        if "unit_price" in changed:
            facts |= {"unit_price": str(item.unit_price), "unit_price_before": str(before["unit_price"])}
        news = News("item.changed", "item", item.id, facts)
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return item
