"""Search everything: the box at the top of every page, which answers while one types and has a page of its own."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from allsquare.core.listing import list_spec, read_query
from allsquare.core.listing.pages import PATIENCE, ListTooSlow, first_rows, patient
from allsquare.core.listing.search import Search
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.web.console.access import ConsoleRequest, staff

_FEW: Final = 10
_LONGEST: Final = 200
#: While somebody types: what fits below the box, and milliseconds after which the next letter is likelier.
_FEWER: Final = 5
_HASTE: Final = 1_000
#: Lists that are searched, in the order of the page.
_LISTS: Final = ("invoices", "credit_notes", "customers", "payments", "items")


@staff(Permission.VIEW_SALES)
def search(request: ConsoleRequest) -> HttpResponse:
    """``?q=``: documents, customers, payments and items, a few of each. HTMX gets the few below the box."""
    organization = request.access.organization
    text = request.GET.get("q", "").strip()[:_LONGEST]
    if request.headers.get("HX-Request") == "true":
        response = render(request, "console/search/_found.html", _while_typing(organization, text))
    else:
        found = _found(organization, text, _FEW, PATIENCE)
        response = render(request, "console/search/results.html", {"text": text, **found})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _while_typing(organization: Organization, text: str) -> dict[str, object]:
    """``unsearched`` when there was no answer in time: the page of results waits longer."""
    try:
        found, unsearched = _found(organization, text, _FEWER, _HASTE), False
    except ListTooSlow:
        found, unsearched = {}, True
    return {
        "text": text,
        "unsearched": unsearched,
        "number": sum(map(len, found.values())),
        **found,
    }


def _found(organization: Organization, text: str, limit: int, milliseconds: int) -> dict[str, list[Any]]:
    """By the search and in the order of each list itself, so that both find the same. Raises :class:`ListTooSlow`."""
    if not text:
        return {}
    queries = [read_query(list_spec(name), organization, {"q": [text]}) for name in _LISTS]
    with patient(milliseconds):
        return dict(zip(_LISTS, first_rows(organization, queries, Search(text), limit=limit), strict=True))
