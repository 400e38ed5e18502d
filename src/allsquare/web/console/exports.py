"""Exports: how far each is, stopping and going on, and the file."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.connect import selectors as connect
from allsquare.connect.errors import ExportNotReady
from allsquare.connect.services.open_export import open_export
from allsquare.connect.services.resume_export import resume_export
from allsquare.connect.services.stop_export import stop_export
from allsquare.connect.sources.kinds import label_of, names, permission_of
from allsquare.connect.states import RESUMABLE, UNDER_WAY, ExportState
from allsquare.identity.permissions import Permission
from allsquare.web.console.access import ConsoleRequest, post_only, staff


@staff(Permission.VIEW_SALES)
def export_list(request: ConsoleRequest) -> HttpResponse:
    """Those of what this person may see; asks again by itself while one is under way."""
    seen = [name for name in names() if request.access.may(permission_of(name))]
    found = connect.list_exports(request.access.organization, seen)
    rows = [
        {
            "export": export,
            "label": label_of(export),
            "under_way": export.state in UNDER_WAY,
            "ready": export.state == ExportState.DONE,
            "resumable": export.state in RESUMABLE,
        }
        for export in found
    ]
    context = {"rows": rows, "live": any(row["under_way"] for row in rows)}
    part = request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
    template = "console/exports/_exports.html" if part else "console/exports/list.html"
    return render(request, template, context)


@staff(Permission.VIEW_SALES)
def export_file(request: ConsoleRequest, export_id: UUID) -> HttpResponseBase:
    try:
        export, file = open_export(
            organization=request.access.organization, export_id=export_id, actor=request.access.actor
        )
    except ExportNotReady as error:
        messages.error(request, error.message)
        return redirect("console:export_list")
    response = FileResponse(file, as_attachment=True, filename=export.file_name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@post_only
@staff(Permission.VIEW_SALES)
def export_stop(request: ConsoleRequest, export_id: UUID) -> HttpResponse:
    export = stop_export(
        organization=request.access.organization, export_id=export_id, actor=request.access.actor
    )
    if export.state == ExportState.STOPPED:
        messages.info(request, _("The export is stopped. It can go on from where it is."))
    return redirect("console:export_list")


@post_only
@staff(Permission.VIEW_SALES)
def export_resume(request: ConsoleRequest, export_id: UUID) -> HttpResponse:
    resume_export(organization=request.access.organization, export_id=export_id, actor=request.access.actor)
    return redirect("console:export_list")
