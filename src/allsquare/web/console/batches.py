"""An act on many rows: how far it is, what became of each row, stopping and going on."""

from __future__ import annotations

import logging
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.connect import selectors as connect
from allsquare.connect.services.resume_batch import resume_batch
from allsquare.connect.services.stop_batch import stop_batch
from allsquare.connect.states import RESUMABLE, UNDER_WAY, BatchState
from allsquare.core.batch_acts import batch_act
from allsquare.core.errors import PermissionDenied
from allsquare.core.listing import list_spec
from allsquare.identity.permissions import Permission, require
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.lists.looks import LOOKS

log = logging.getLogger(__name__)


@staff(Permission.VIEW_SALES)
def batch(request: ConsoleRequest, batch_id: UUID) -> HttpResponse:
    """For whoever may see the list. While it is under way the page asks again by itself, and is given the counts alone;
    what became of each row comes once, when it is over."""
    organization = request.access.organization
    found = connect.get_batch(organization, batch_id)
    require(organization, request.access.actor, Permission(list_spec(found.list_name).permission))
    look = LOOKS[found.list_name]
    context = {
        "batch": found,
        "act": next(act for act in look.acts if act.does == found.act),
        "list_label": list_spec(found.list_name).label,
        "list_url": look.url,
        "back_url": f"{look.url}?{found.back}" if found.back else look.url,
        "count": connect.count_batch(organization, found),
        "may": request.access.may(Permission(batch_act(found.act).permission)),
        "under_way": found.state in UNDER_WAY,
        "resumable": found.state in RESUMABLE,
    }
    part = request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
    if part and found.state in UNDER_WAY:
        return render(request, "console/lists/_batch_count.html", context)
    context["rows"] = [] if found.state in UNDER_WAY else connect.rows_of_batch(organization, found)
    response = render(request, "console/lists/_batch.html" if part else "console/lists/batch.html", context)
    if part:
        response.headers["HX-Retarget"] = "#batch"
    return response


@post_only
@staff(Permission.VIEW_SALES)
def batch_stop(request: ConsoleRequest, batch_id: UUID) -> HttpResponse:
    """Which right it takes depends on the act: who lacks it is told on the page, where there is no such button."""
    organization, actor = request.access.organization, request.access.actor
    try:
        found = stop_batch(organization=organization, batch_id=batch_id, actor=actor)
    except PermissionDenied as error:
        return _refused(request, batch_id, error)
    if found.state == BatchState.STOPPED:
        messages.info(request, _("It is stopped. What is done stays done; the rest can go on."))
    return redirect("console:batch", batch_id)


@post_only
@staff(Permission.VIEW_SALES)
def batch_resume(request: ConsoleRequest, batch_id: UUID) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    try:
        resume_batch(organization=organization, batch_id=batch_id, actor=actor)
    except PermissionDenied as error:
        return _refused(request, batch_id, error)
    return redirect("console:batch", batch_id)


def _refused(request: ConsoleRequest, batch_id: UUID, error: PermissionDenied) -> HttpResponse:
    log.warning("%s (batch %s, person %s)", error.message, batch_id, request.access.actor.id)
    messages.error(request, error.message)
    return redirect("console:batch", batch_id)
