"""A person keeps how a list stands before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.errors import TooManyViews
from allsquare.identity.models import Organization, SavedView
from allsquare.identity.permissions import Permission, require
from allsquare.identity.view_names import checked_name

#: Views of one list that a person may keep.
MOST: Final = 30
_LONGEST: Final = 4_000


@retrying
def save_view(
    *,
    organization: Organization,
    list_name: str,
    name: str,
    parameters: Mapping[str, Sequence[str]],
    actor: Actor,
) -> SavedView:
    """Under this name, in place of what was kept under it before; without one, the columns of the list as
    such. The same again changes nothing.

    Raises ``InvalidInput``, :class:`TooManyViews`.
    """
    require(organization, actor, Permission.VIEW_SALES)
    name = checked_name(name) if name else ""
    kept = {key: list(values) for key, values in parameters.items()}
    if len(str(kept)) > _LONGEST:
        raise InvalidInput(_("This is too much for one view. Use fewer filters."), field="name")
    person = UUID(actor.id)
    # The person's own views one after the other: the number is counted, and a double click makes one.
    mine = list(
        SavedView.objects.select_for_update(no_key=True)
        .filter(organization=organization, person_id=person, list_name=list_name)
        .order_by("id")
    )
    if len(mine) >= MOST and name not in {view.name for view in mine}:
        raise TooManyViews(
            _("There are %(number)s views of this list already. Delete one first.") % {"number": len(mine)}
        )
    same = next((view for view in mine if view.name == name and view.parameters == kept), None)
    if same is not None:
        return same
    at = clock.now(organization)
    view, _created = SavedView.objects.update_or_create(
        organization=organization,
        person_id=person,
        list_name=list_name,
        name=name,
        defaults={"parameters": kept},
        create_defaults={"parameters": kept, "created_at": at},
    )
    if name:
        news = News("view.saved", "saved_view", view.id, {"list": list_name, "name": name})
        record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return view
