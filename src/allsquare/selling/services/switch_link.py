"""A payment link sells no more, or sells again."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.selling.models import PaymentLink
from allsquare.selling.selectors import get_link


@retrying
def switch_link(*, organization: Organization, link_id: UUID, sells: bool, actor: Actor) -> PaymentLink:
    """Payments that were begun may still come, and are sales then. Asking twice changes nothing. Raises
    ``LinkUnknown``."""
    require(organization, actor, Permission.EDIT_ITEMS)
    link = get_link(organization, link_id)
    if (link.closed_at is None) == sells:
        return link
    at = clock.now(organization)
    link.closed_at = None if sells else at
    link.save(update_fields=["closed_at"])
    kind = "payment_link.opened" if sells else "payment_link.closed"
    news = News(kind, "payment_link", link.id, {"name": link.name})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return link
