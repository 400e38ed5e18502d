"""A movement that the provider lists is left out: it is in the books otherwise, or not this organization's."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.listed_movements import get_listed
from allsquare.payments.models import ListedMovement


@retrying
def leave_movement(*, organization: Organization, listed_id: UUID, actor: Actor) -> bool:
    """``False`` when it was left out before. Raises ``MovementUnknown``."""
    require(organization, actor, Permission.POST_JOURNAL)
    listed = get_listed(organization, listed_id)
    at = clock.now(organization)
    mine = ListedMovement.objects.filter(organization=organization, id=listed.id, left_at__isnull=True)
    if not mine.update(left_at=at):
        return False
    facts: dict[str, object] = {
        "amount_minor": listed.amount_minor,
        "currency": listed.currency,
        "label": listed.gateway_account.label,
        "reference": listed.reference,
    }
    news = News("movements.left_out", "gateway_account", listed.gateway_account_id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return True
