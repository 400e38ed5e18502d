"""A fresh organization begins with the items of another."""

from __future__ import annotations

from allsquare.catalog.models import Item
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.cloning import clones
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def copy_items(*, organization: Organization, source: Organization, actor: Actor) -> int:
    """How many were copied: those of ``source`` that are not archived. Whoever may see them there is asked by the
    caller."""
    require(organization, actor, Permission.EDIT_ITEMS)
    at = clock.now(organization)
    rows = Item.objects.filter(organization=source, archived_at__isnull=True).order_by("created_at", "id")
    made = Item.objects.bulk_create(
        clones(rows.iterator(), organization_id=organization.id, created_at=at), batch_size=1000
    )
    facts: dict[str, object] = {"count": len(made), "source": str(source.id)}
    news = News("items.copied", "organization", organization.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return len(made)
