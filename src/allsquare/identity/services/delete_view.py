"""A person throws a saved view away. The rows that it showed stay what they are."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.errors import ViewUnknown
from allsquare.identity.models import Organization, SavedView
from allsquare.identity.permissions import Permission, require


@retrying
def delete_view(*, organization: Organization, view_id: UUID, actor: Actor) -> SavedView:
    """Returns what was deleted. Raises :class:`ViewUnknown`."""
    require(organization, actor, Permission.VIEW_SALES)
    mine = SavedView.objects.filter(organization=organization, person_id=UUID(actor.id))
    view = mine.select_for_update().filter(id=view_id).exclude(name="").first()
    if view is None:
        raise ViewUnknown(_("There is no such view."))
    mine.filter(id=view.id).delete()
    news = News("view.deleted", "saved_view", view_id, {"list": view.list_name, "name": view.name})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return view
