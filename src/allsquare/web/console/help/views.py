"""The help page, its search, and the list of keyboard shortcuts. HTMX asks for the text alone, for the side panel."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from allsquare.core.errors import NotFound
from allsquare.identity.permissions import Permission
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.help.texts import search, text, texts
from allsquare.web.console.shortcuts import sections
from allsquare.web.ui.formats import language


@staff(Permission.VIEW_SALES)
def help_page(request: ConsoleRequest) -> HttpResponse:
    """``?topic=`` names a text, ``?q=`` searches; without either the index is shown."""
    name, words = request.GET.get("topic", ""), request.GET.get("q", "").strip()
    found = text(name, language()) if name else None
    if name and found is None:
        raise NotFound(_("There is no such help text."))
    context = {
        "text": found,
        "words": words,
        "hits": search(words, language()),
        "index": texts(language()),
    }
    inside = request.headers.get("HX-Request") == "true"
    return render(request, "console/help/_text.html" if inside else "console/help/help.html", context)


@staff(Permission.VIEW_SALES)
def shortcut_list(request: ConsoleRequest) -> HttpResponse:
    return render(request, "console/help/shortcuts.html", {"sections": sections()})
