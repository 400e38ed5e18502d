"""Events: who did what, when and from where."""

from __future__ import annotations

from django.http import HttpResponse

from allsquare.identity.permissions import Permission
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.lists.page import listing


@staff(Permission.VIEW_SALES)
def event_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "events")
