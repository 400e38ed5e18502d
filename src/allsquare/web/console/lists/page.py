"""The page of any list: reads the address, finds the rows, draws them; posts go to what the button asked for."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from allsquare.connect.services.start_batch import MOST_CHOSEN
from allsquare.core.errors import InvalidInput
from allsquare.core.ids import new_id
from allsquare.core.listing import Column, ListQuery, ListSpec, Page, list_spec, read_page, read_query
from allsquare.core.listing.query import COLUMNS, VIEW
from allsquare.identity.models import SavedView
from allsquare.identity.permissions import Permission
from allsquare.identity.selectors import views_of
from allsquare.web.console.access import ConsoleRequest
from allsquare.web.console.lists import batch, fields, views
from allsquare.web.console.lists.cells import head_classes, row_cells
from allsquare.web.console.lists.looks import LOOKS, Look

#: What a button of a list's page may ask for, by the word before the colon of ``do``.
_POSTS: Final = {"act": batch.act, "export": batch.export, "view": views.post}


def listing(request: ConsoleRequest, name: str) -> HttpResponse:
    """The view of the list called ``name``, for a page that checked the list's permission."""
    spec, look = list_spec(name), LOOKS[name]
    if request.method == "POST":
        word, _colon, rest = request.POST.get("do", "").partition(":")
        if word not in _POSTS:
            raise InvalidInput(_("This list cannot do that."), field="do")
        return _POSTS[word](request, spec, look, rest)
    mine = views_of(request.access.organization, UUID(request.access.actor.id), name)
    again = _better_address(request, look, mine)
    return again or _shown(request, spec, look, mine)


def _better_address(
    request: ConsoleRequest, look: Look, mine: list[SavedView]
) -> HttpResponseRedirect | None:
    """A bare address opens the person's default view; a form's empty fields are left out of the address."""
    if not request.GET:
        default = next((view for view in mine if view.is_default), None)
        return redirect(views.address(look, default)) if default else None
    if _is_htmx(request) or all(value for _name, values in request.GET.lists() for value in values):
        return None
    kept = [(name, value) for name, values in request.GET.lists() for value in values if value]
    return redirect(f"{look.url}?{urlencode(kept or [(VIEW, views.NONE)])}")


def _is_htmx(request: ConsoleRequest) -> bool:
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def _shown(request: ConsoleRequest, spec: ListSpec, look: Look, mine: list[SavedView]) -> HttpResponse:
    organization = request.access.organization
    given = dict(request.GET.lists())
    asked = given if given.get(COLUMNS) else {**given, COLUMNS: _own_columns(mine)}
    query = read_query(spec, organization, asked)
    page = read_page(organization, query)
    columns = query.columns
    context = {
        "spec": spec,
        "look": look,
        "query": query,
        "searchable": spec.search is not None,  # a template would call it
        "page": page,
        "heads": [_head(look, query, column) for column in columns],
        "rows": [(row.id, row_cells(spec.name, columns, row, look.row_url(row))) for row in page.rows],
        "chips": fields.chips(organization, look, query),
        "fields": fields.fields(organization, query),
        "choosable": [(column, column in columns) for column in spec.columns],
        "sorts": [(sort, sort.name == query.sort.name) for sort in spec.sorts],
        "tabs": views.tabs(look, query, mine),
        "acts": [act for act in look.acts if request.access.may(act.permission)],
        "every": _choosable_at_once(page),
        "can_create": look.create is not None and request.access.may(look.create.permission),
        "next_url": _url(look, query, after=str(page.next)) if page.next else "",
        "previous_url": _url(look, query, before=str(page.previous)) if page.previous else "",
        "all_url": f"{look.url}?{VIEW}={views.NONE}",
        "back": urlencode(query.parameters()),
        "export_key": str(new_id()),
    }
    template = "console/lists/_list.html" if _is_htmx(request) else "console/lists/page.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    if _is_htmx(request):
        response.headers["HX-Push-Url" if request.headers.get("HX-Boosted") else "HX-Replace-Url"] = _here(
            look, query, request
        )
    return response


def _choosable_at_once(page: Page) -> int:
    """How many rows "all of the list" are, where that is more than the page and no more than a batch may have."""
    whole = not page.count.estimated and len(page.rows) < page.count.number <= MOST_CHOSEN
    return page.count.number if whole else 0


def _own_columns(mine: list[SavedView]) -> list[str]:
    """Those of the view without a name: how the person arranged the list as such."""
    nameless = next((view for view in mine if not view.name), None)
    names = nameless.parameters.get(COLUMNS, []) if nameless else []
    return [str(name) for name in names]


def _url(look: Look, query: ListQuery, **changed: str) -> str:
    """The list from another place or in another order."""
    place = {name: changed.pop(name) for name in ("after", "before") if name in changed}
    text = urlencode([*query.parameters(**changed), *place.items()])
    return f"{look.url}?{text}" if text else look.url


def _here(look: Look, query: ListQuery, request: ConsoleRequest) -> str:
    """What the address bar says: this page without what is empty."""
    places = {name: request.GET[name] for name in ("after", "before") if request.GET.get(name)}
    return _url(look, query, **places)


def _head(look: Look, query: ListQuery, column: Column) -> dict[str, Any]:
    """A column's head. The first press sorts upwards, the next one turns it round."""
    sorted_now = bool(column.sort) and column.sort == query.sort.name
    if not column.sort:
        order, url = "", ""
    else:
        order = ("descending" if query.descending else "ascending") if sorted_now else "none"
        wanted = f"-{column.sort}" if sorted_now and not query.descending else column.sort
        url = _url(look, query, sort=wanted)
    return {"column": column, "order": order, "url": url, "classes": head_classes(column)}


def may_see(request: ConsoleRequest, spec: ListSpec) -> bool:
    """May this person open the list?"""
    return request.access.may(Permission(spec.permission))
