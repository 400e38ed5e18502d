"""One dispute: what happened, until when it can be answered, and where."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from allsquare.core.selectors import events_of
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.payments.disputes import get_case
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.timeline import timeline


@staff(Permission.VIEW_SALES)
def dispute(request: ConsoleRequest, dispute_id: UUID) -> HttpResponse:
    organization = request.access.organization
    case = get_case(organization, dispute_id)
    may_see = request.access.may(Permission.VIEW_BOOKS)
    context = {
        "case": case,
        "dispute": case.dispute,
        "payment": case.dispute.payment,
        "entries": ledger.entries_of(organization, [dispute_id]) if may_see else [],
        "timeline": timeline(events_of(organization.id, [dispute_id], limit=200), here=request.path),
    }
    return render(request, "console/disputes/dispute.html", context)
