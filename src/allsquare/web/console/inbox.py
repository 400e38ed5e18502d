"""Webhooks that providers sent: digested, waiting, or parked with the reason."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.identity.permissions import Permission
from allsquare.payments import selectors as payments
from allsquare.payments.services.retry_inbox import retry_inbox
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.paging import Cursor, page

FILTERS: Final = (
    ("", gettext_lazy("All")),
    ("parked", gettext_lazy("Parked")),
    ("received", gettext_lazy("Waiting")),
    ("done", gettext_lazy("Done")),
)


@staff(Permission.VIEW_SALES)
def inbox_list(request: ConsoleRequest) -> HttpResponse:
    """``?state=`` filters."""
    organization = request.access.organization
    state = request.GET.get("state", "")
    found = page(
        request,
        lambda after, limit: payments.list_deliveries(
            organization, state=state, before=after.id if after else None, limit=limit
        ),
        lambda row: Cursor(row.id),
    )
    named = payments.payments_named(organization, [row.object_reference for row in found.rows])
    rows = [(row, named.get(row.object_reference)) for row in found.rows]
    context = {"page": found, "rows": rows, "state": state, "filters": FILTERS}
    return render(request, "console/inbox/list.html", context)


@post_only
@staff(Permission.RECORD_PAYMENTS)
def inbox_retry(request: ConsoleRequest, delivery_id: UUID) -> HttpResponse:
    retry_inbox(organization=request.access.organization, delivery_id=delivery_id, actor=request.access.actor)
    messages.success(request, _("The webhook will be read again in a moment."))
    return redirect("console:inbox_list")
