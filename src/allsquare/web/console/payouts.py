"""Payouts, and where all the money is."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from allsquare.identity.permissions import Permission
from allsquare.insights.dashboard.kept import kept_to
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.ledger import selectors as ledger
from allsquare.payments.models import Payout
from allsquare.payments.payout_list import list_payouts, payout_contents
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.paging import Cursor, page


@staff(Permission.VIEW_SALES)
def payout_list(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization

    def read(after: Cursor | None, limit: int) -> list[Payout]:
        return list_payouts(organization, before=after.id if after else None, limit=limit)

    def back(before: Cursor, limit: int) -> list[Payout]:
        return list_payouts(organization, after=before.id, limit=limit)

    found = page(request, read, back, lambda row: Cursor(row.id))
    return render(request, "console/payouts/list.html", {"page": found})


@staff(Permission.VIEW_SALES)
def payout(request: ConsoleRequest, payout_id: UUID) -> HttpResponse:
    """What it is made of, and what it did in the books."""
    organization = request.access.organization
    contents = payout_contents(organization, payout_id)
    may_see = request.access.may(Permission.VIEW_BOOKS)
    context = {
        "contents": contents,
        "payout": contents.payout,
        "entries": ledger.entries_of(organization, [payout_id]) if may_see else [],
    }
    return render(request, "console/payouts/payout.html", context)


@staff(Permission.VIEW_BOOKS)
def money(request: ConsoleRequest) -> HttpResponse:
    """*Where is my money*: every unit that payments brought, and what it adds up to."""
    organization = request.access.organization
    found = where_is_my_money(organization, mark=kept_to(organization))
    return render(request, "console/payouts/money.html", {"money": found})
