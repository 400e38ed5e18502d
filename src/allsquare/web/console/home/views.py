"""The first page, and the parts of it that are renewed while it is open."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from allsquare.core import tail
from allsquare.identity.permissions import Permission
from allsquare.insights.dashboard.kept import kept_to
from allsquare.insights.dashboard.latest import last_payments
from allsquare.insights.dashboard.money_due import money_due
from allsquare.insights.dashboard.money_in import money_in
from allsquare.insights.dashboard.needs import needs
from allsquare.insights.dashboard.rates import latest_rates
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.home import figures
from allsquare.web.console.home.amounts import amounts
from allsquare.web.console.home.groups import shown

#: Payments on the page; the list has the rest.
_LAST: Final = 8


@staff(Permission.VIEW_SALES)
def home(request: ConsoleRequest) -> HttpResponse:
    return render(request, "console/home/home.html", _context(request))


@staff(Permission.VIEW_SALES)
def home_now(request: ConsoleRequest) -> HttpResponse:
    """The same parts by the same templates, for a page that heard of news."""
    return render(request, "console/home/_now.html", {**_context(request), "oob": True})


def _context(request: ConsoleRequest) -> dict[str, Any]:
    """The place in the log comes first: what happens while we read is then told to the page."""
    organization = request.access.organization
    since = tail.here()
    mark = kept_to(organization)
    money, due = money_in(organization, mark=mark), money_due(organization, mark=mark)
    rates = latest_rates(organization, {*money.currencies, *due.currencies})
    return {
        "live_since": since,
        "came": figures.came(money, rates),
        "open": amounts(due.open, rates),
        "overdue": amounts(due.overdue, rates),
        "expected": amounts(due.expected_soon, rates),
        "due": due,
        "ageing": figures.ageing(due, rates),
        "bar": figures.BAR,
        "picture_in": figures.picture_in(money, rates),
        "picture_due": figures.picture_due(due, rates),
        "groups": shown(needs(organization, overdue=due.overdue_invoices)),
        "payments": last_payments(organization, limit=_LAST),
    }
