"""Search everything: the box at the top of every page."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from allsquare.core.listing import list_spec, read_places, read_query, read_rows
from allsquare.core.listing.pages import patient
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.web.console.access import ConsoleRequest, staff

_FEW: Final = 10
#: Lists that are searched, in the order of the page.
_LISTS: Final = ("invoices", "customers", "payments", "items")


@staff(Permission.VIEW_SALES)
def search(request: ConsoleRequest) -> HttpResponse:
    """``?q=``: invoices, customers, payments and items, a few of each."""
    organization = request.access.organization
    text = request.GET.get("q", "").strip()[:200]
    context: dict[str, object] = {"text": text}
    if text:
        context |= {name: _found(organization, name, text) for name in _LISTS}
    return render(request, "console/search/results.html", context)


def _found(organization: Organization, name: str, text: str) -> list[Any]:
    """By the search and in the order of the list itself, so that both find the same."""
    query = read_query(list_spec(name), organization, {"q": [text]})
    with patient():
        places = read_places(organization, query, limit=_FEW)
        return [row.item for row in read_rows(organization, query, [place.id for place in places])]
