"""A person renames a saved view, or makes it the one that its list opens with."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import Conflict
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.errors import ViewUnknown
from allsquare.identity.models import Organization, SavedView
from allsquare.identity.permissions import Permission, require
from allsquare.identity.view_names import checked_name


@retrying
def change_view(
    *,
    organization: Organization,
    view_id: UUID,
    actor: Actor,
    name: str | None = None,
    is_default: bool | None = None,
) -> SavedView:
    """What is ``None`` stays. A list has one default at most: the one before is none any more.

    Raises :class:`ViewUnknown`, ``InvalidInput``, ``Conflict``.
    """
    require(organization, actor, Permission.VIEW_SALES)
    mine = SavedView.objects.filter(organization=organization, person_id=UUID(actor.id))
    view = mine.select_for_update(no_key=True).filter(id=view_id).exclude(name="").first()
    if view is None:
        raise ViewUnknown(_("There is no such view."))
    others = mine.filter(list_name=view.list_name).exclude(id=view.id)
    if name is not None:
        view.name = checked_name(name)
        if others.filter(name=view.name).exists():
            raise Conflict(_("Another view has this name already."), field="name")
    if is_default is not None:
        others.filter(is_default=True).update(is_default=False)
        view.is_default = is_default
    view.save(update_fields=["name", "is_default"])
    news = News(
        "view.changed",
        "saved_view",
        view.id,
        {"list": view.list_name, "name": view.name, "is_default": view.is_default},
    )
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return view
