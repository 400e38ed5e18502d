"""Tasks for a person: looked at, and done."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from allsquare.identity.permissions import Permission
from allsquare.payments.services.resolve_attention import resolve_attention
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.lists.page import listing


@staff(Permission.VIEW_SALES)
def task_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "tasks")


@post_only
@staff(Permission.RECORD_PAYMENTS)
def attention_resolve(request: ConsoleRequest, task_id: UUID) -> HttpResponse:
    """``next`` is the page of ours to go back to."""
    resolve_attention(organization=request.access.organization, task_id=task_id, actor=request.access.actor)
    messages.success(request, _("The task is done."))
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("console:home")
