"""The card with the first steps is put away."""

from __future__ import annotations

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def hide_first_steps(*, organization: Organization, actor: Actor) -> None:
    """For everybody in the organization. Asking twice changes nothing."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    shown = Organization.objects.filter(id=organization.id, first_steps_hidden=False)
    if shown.update(first_steps_hidden=True):
        news = News("first_steps.hidden", "organization", organization.id, {})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
