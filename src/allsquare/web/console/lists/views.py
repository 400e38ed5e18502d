"""Saved views: tabs above a list, and what their buttons ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from allsquare.core.errors import InvalidInput
from allsquare.core.listing import ListQuery, ListSpec, read_query
from allsquare.core.listing.query import COLUMNS, PASSING, VIEW
from allsquare.identity.models import SavedView
from allsquare.identity.services.change_view import change_view
from allsquare.identity.services.delete_view import delete_view
from allsquare.identity.services.save_view import save_view
from allsquare.web.console.access import ConsoleRequest
from allsquare.web.console.lists.looks import Look

#: The word in the address for the list as such, which a bare address is not where there is a default view.
NONE: Final = "all"


@dataclass(frozen=True, slots=True)
class Tab:
    """``changed`` says that the address asks for something else by now than the view does."""

    view: SavedView | None
    label: str
    url: str
    active: bool
    changed: bool = False


def address(look: Look, view: SavedView) -> str:
    kept = [(name, value) for name, values in view.parameters.items() for value in values]
    return f"{look.url}?{urlencode([(VIEW, str(view.id)), *kept])}"


def tabs(look: Look, query: ListQuery, mine: list[SavedView]) -> list[Tab]:
    """None where no view was ever saved; else the whole list and every view."""
    named = [view for view in mine if view.name]
    now = (query.given.get(VIEW) or [""])[-1]
    asked = {name: list(values) for name, values in query.given.items() if name not in PASSING}
    found = [
        Tab(view, view.name, address(look, view), str(view.id) == now, asked != view.parameters)
        for view in named
    ]
    whole = Tab(None, _("All"), f"{look.url}?{VIEW}={NONE}", not any(tab.active for tab in found))
    return [whole, *found] if found else []


def post(request: ConsoleRequest, spec: ListSpec, look: Look, what: str) -> HttpResponse:
    """``save``, ``rename``, ``delete``, ``default``, ``undefault``, ``columns``; back to the list as it was."""
    given = parse_qs(request.POST.get("back", "")[:6_000], max_num_fields=200)
    query = read_query(spec, request.access.organization, given)
    if what == "columns":
        return _columns(request, spec, look, query)
    if what == "save":
        return _save(request, spec, look, query)
    return _change(request, look, what)


def _columns(request: ConsoleRequest, spec: ListSpec, look: Look, query: ListQuery) -> HttpResponse:
    """The person's own arrangement of the list. In a view it is part of the view's address, to be saved there."""
    names = request.POST.getlist(COLUMNS)
    chosen = read_query(spec, request.access.organization, {COLUMNS: names}).columns if names else ()
    text = ",".join(column.name for column in chosen or spec.usual_columns)
    if query.given.get(VIEW, [NONE])[-1] == NONE:
        save_view(
            organization=request.access.organization,
            list_name=spec.name,
            name="",
            parameters={COLUMNS: [text]},
            actor=request.access.actor,
        )
        return redirect(f"{look.url}?{urlencode(query.parameters(without=[COLUMNS]) or [(VIEW, NONE)])}")
    return redirect(f"{look.url}?{urlencode(query.parameters(**{COLUMNS: text}))}")


def _save(request: ConsoleRequest, spec: ListSpec, look: Look, query: ListQuery) -> HttpResponse:
    name = request.POST.get("name", "").strip()
    if not name:
        raise InvalidInput(_("Give the view a name of up to 60 characters."), field="name")
    parameters = {key: list(values) for key, values in query.given.items() if key not in PASSING}
    view = save_view(
        organization=request.access.organization,
        list_name=spec.name,
        name=name,
        parameters=parameters,
        actor=request.access.actor,
    )
    if request.POST.get("default"):
        change_view(
            organization=request.access.organization,
            view_id=view.id,
            is_default=True,
            actor=request.access.actor,
        )
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return redirect(address(look, view))


def _change(request: ConsoleRequest, look: Look, what: str) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    view_id = _id(request.POST.get("id", ""))
    if what == "delete":
        gone = delete_view(organization=organization, view_id=view_id, actor=actor)
        messages.success(request, _("The view “%(name)s” is deleted.") % {"name": gone.name})
        return redirect(f"{look.url}?{VIEW}={NONE}")
    if what == "rename":
        name = request.POST.get("name", "")
        view = change_view(organization=organization, view_id=view_id, name=name, actor=actor)
        messages.success(request, _("The view is called “%(name)s” now.") % {"name": view.name})
        return redirect(address(look, view))
    if what not in ("default", "undefault"):
        raise InvalidInput(_("This list cannot do that."), field="do")
    view = change_view(organization=organization, view_id=view_id, is_default=what == "default", actor=actor)
    words = (
        _("The list opens with “%(name)s” from now on.")
        if view.is_default
        else _("The list opens whole again.")
    )
    messages.success(request, words % {"name": view.name})
    return redirect(address(look, view))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(_("Say which view is meant."), field="id") from None
