"""An item is put away: no longer offered, while documents that name it stay."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.catalog.errors import ItemUnknown
from allsquare.catalog.models import Item
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def archive_item(*, organization: Organization, item_id: UUID, actor: Actor) -> Item:
    """Asking twice changes nothing. Raises :class:`ItemUnknown`."""
    require(organization, actor, Permission.EDIT_ITEMS)
    found = Item.objects.filter(organization=organization, id=item_id)
    item = found.select_for_update(no_key=True).first()
    if item is None:
        raise ItemUnknown(_("There is no such item."))
    if item.archived_at is None:
        item.archived_at = clock.now(organization)
        item.save(update_fields=["archived_at"])
        news = News("item.archived", "item", item.id)
        record(organization_id=organization.id, news=[news], actor=actor, at=item.archived_at)
    return item
