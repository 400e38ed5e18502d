"""The first page: what came in, what is due, what needs a person."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from allsquare.billing import selectors as billing
from allsquare.identity.permissions import Permission
from allsquare.notifications import selectors as notifications
from allsquare.notifications.models import Mail
from allsquare.payments import selectors as payments
from allsquare.web.console.access import ConsoleRequest, staff

#: Enough to see where things stand; the lists have the rest.
_FEW = 6


@staff(Permission.VIEW_SALES)
def home(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    context = {
        "sums": billing.open_sums(organization),
        "received": payments.received_lately(organization),
        "tasks": payments.open_tasks(organization, limit=_FEW),
        "failed_mails": notifications.list_mails(organization, state=Mail.State.FAILED, limit=_FEW),
        "parked": payments.list_deliveries(organization, state="parked", limit=_FEW),
        "drafts": billing.list_invoices(organization, state="draft", limit=_FEW),
        "overdue": billing.list_invoices(organization, state=billing.OVERDUE, limit=_FEW),
        "payments": payments.list_payments(organization, limit=_FEW),
    }
    return render(request, "console/home/home.html", context)
