"""Reading products and services. The organization comes first."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from allsquare.catalog.errors import ItemUnknown
from allsquare.catalog.models import Item
from allsquare.catalog.words import ITEM_WORDS
from allsquare.core.listing.search import matching
from allsquare.identity.models import Organization


def get_item(organization: Organization, item_id: UUID) -> Item:
    """An archived one too. Raises :class:`ItemUnknown`."""
    found = Item.objects.filter(organization=organization, id=item_id).first()
    if found is None:
        raise ItemUnknown(_("There is no such item."))
    return found


def list_items(
    organization: Organization, *, search: str = "", after: tuple[str, UUID] | None = None, limit: int = 50
) -> list[Item]:
    """By name, those after the (name, id) of the last one seen; archived ones are left out.

    ``search`` finds what the list of items finds.
    """
    found = Item.objects.filter(organization=organization, archived_at__isnull=True)
    if search:
        found = found.filter(matching(ITEM_WORDS, search))
    if after is not None:
        name, last = after
        found = found.filter(Q(name__gt=name) | Q(name=name, id__gt=last))
    return list(found.order_by("name", "id")[:limit])


def items_by_id(organization: Organization, ids: Iterable[UUID]) -> list[Item]:
    """Those of these items that there are, archived ones too; one query."""
    return list(Item.objects.filter(organization=organization, id__in=list(ids)).order_by("name", "id"))
