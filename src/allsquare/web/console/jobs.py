"""Jobs that went wrong: tried again, or left undone."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from allsquare.connect.errors import JobNotFailed
from allsquare.connect.services.leave_job import leave_job
from allsquare.connect.services.try_job_again import try_job_again
from allsquare.identity.permissions import Permission
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.lists.page import listing


@staff(Permission.VIEW_SALES)
def job_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "jobs")


@post_only
@staff(Permission.ISSUE_INVOICES)
def job_again(request: ConsoleRequest, trouble_id: UUID) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    try:
        try_job_again(organization=organization, trouble_id=trouble_id, actor=actor)
    except JobNotFailed as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The job will be tried again in a moment."))
    return redirect("console:job_list")


@post_only
@staff(Permission.ISSUE_INVOICES)
def job_leave(request: ConsoleRequest, trouble_id: UUID) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    try:
        leave_job(organization=organization, trouble_id=trouble_id, actor=actor)
    except JobNotFailed as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The job is left undone."))
    return redirect("console:job_list")
