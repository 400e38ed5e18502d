"""Search everything: the box at the top of every page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from allsquare.billing.selectors import list_invoices
from allsquare.catalog.selectors import list_items
from allsquare.customers.selectors import list_customers
from allsquare.identity.permissions import Permission
from allsquare.payments.selectors import list_payments
from allsquare.web.console.access import ConsoleRequest, staff

_FEW = 10


@staff(Permission.VIEW_SALES)
def search(request: ConsoleRequest) -> HttpResponse:
    """``?q=``: invoices, customers, payments and items, a few of each."""
    organization = request.access.organization
    text = request.GET.get("q", "").strip()[:200]
    context: dict[str, object] = {"text": text}
    if text:
        context |= {
            "invoices": list_invoices(organization, search=text, limit=_FEW),
            "customers": list_customers(organization, search=text, limit=_FEW),
            "payments": list_payments(organization, search=text, limit=_FEW),
            "items": list_items(organization, search=text, limit=_FEW),
        }
    return render(request, "console/search/results.html", context)
