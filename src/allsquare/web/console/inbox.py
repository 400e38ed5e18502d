"""Webhooks that providers sent: digested, waiting, or parked with the reason."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from allsquare.identity.permissions import Permission
from allsquare.payments.services.retry_inbox import retry_inbox
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.lists.page import listing


@staff(Permission.VIEW_SALES)
def inbox_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "inbox")


@post_only
@staff(Permission.RECORD_PAYMENTS)
def inbox_retry(request: ConsoleRequest, delivery_id: UUID) -> HttpResponse:
    retry_inbox(organization=request.access.organization, delivery_id=delivery_id, actor=request.access.actor)
    messages.success(request, _("The webhook will be read again in a moment."))
    return redirect("console:inbox_list")
