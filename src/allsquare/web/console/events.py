"""Events: who did what, when and from where."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from allsquare.core.selectors import list_events
from allsquare.identity.permissions import Permission
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.paging import Cursor, page
from allsquare.web.console.timeline import subject_url, title

#: What events are about.
FILTERS: Final = (
    ("", gettext_lazy("All")),
    ("invoice", gettext_lazy("Invoices")),
    ("payment", gettext_lazy("Payments")),
    ("refund", gettext_lazy("Refunds")),
    ("dispute", gettext_lazy("Disputes")),
    ("payout", gettext_lazy("Payouts")),
    ("customer", gettext_lazy("Customers")),
    ("item", gettext_lazy("Items")),
    ("mail", gettext_lazy("Mails")),
)


@staff(Permission.VIEW_SALES)
def event_list(request: ConsoleRequest) -> HttpResponse:
    """``?about=`` keeps to one kind of subject."""
    organization = request.access.organization
    about = request.GET.get("about", "")
    found = page(
        request,
        lambda after, limit: list_events(
            organization.id, about=about, before=after.id if after else None, limit=limit
        ),
        lambda row: Cursor(row.id),
    )
    rows = [(event, title(event), subject_url(event)) for event in found.rows]
    context = {"page": found, "rows": rows, "state": about, "filters": FILTERS}
    return render(request, "console/events/list.html", context)
