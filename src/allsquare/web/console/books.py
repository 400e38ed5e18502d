"""The books: journal, one entry, trial balance, statement of an account."""

from __future__ import annotations

from datetime import date
from typing import Final, cast
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import clock
from allsquare.core.errors import InvalidInput
from allsquare.core.listing import Cursor, Key, Sort
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.payments.selectors import payments_behind
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.lists.page import listing

#: Lines of an account's statement on one page, and their order.
_LINES: Final = 100
_BY_DATE: Final = Sort("date", gettext_lazy("Date"), (Key("date", date),))


@staff(Permission.VIEW_BOOKS)
def books(request: ConsoleRequest) -> HttpResponse:
    return redirect("console:journal")


@staff(Permission.VIEW_BOOKS)
def journal(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "journal")


@staff(Permission.VIEW_BOOKS)
def entry(request: ConsoleRequest, entry_id: UUID) -> HttpResponse:
    organization = request.access.organization
    found = ledger.get_entry(organization, entry_id)
    lines = list(found.lines.all())
    context = {
        "entry": found,
        "source_url": _source_url(organization, found.source_type, found.source_id),
        "total_minor": sum(line.base_minor for line in lines if line.base_minor > 0),
    }
    return render(request, "console/books/entry.html", context)


def _source_url(organization: Organization, kind: str, source: UUID) -> str:
    """The page of what was booked, or of the payment behind it; empty where there is none."""
    if kind == "invoice":
        return reverse("console:invoice", args=[source])
    if kind == "payment":
        return reverse("console:payment", args=[source])
    behind = payments_behind(organization, [source]).get(source)
    return reverse("console:payment", args=[behind]) if behind else ""


@staff(Permission.VIEW_BOOKS)
def trial_balance(request: ConsoleRequest) -> HttpResponse:
    """``?as_of=`` is the last booking date that counts, today by default."""
    organization = request.access.organization
    as_of = _day(request, "as_of", clock.today(organization))
    context = {"balance": ledger.trial_balance(organization, as_of)}
    return render(request, "console/books/trial_balance.html", context)


@staff(Permission.VIEW_BOOKS)
def account(request: ConsoleRequest, account_id: UUID) -> HttpResponse:
    """``?start=`` and ``?end=``, both inclusive: this year up to today by default."""
    organization = request.access.organization
    start, end = _span(request, organization)
    text = request.GET.get("after", "")
    cursor = Cursor.read(text, _BY_DATE) if text else None
    statement = ledger.account_statement(
        organization,
        account_id,
        start=start,
        end=end,
        after=(cast("date", cursor.values[0]), cursor.id) if cursor else None,
        limit=_LINES,
    )
    following = statement.following
    context = {
        "statement": statement,
        "account": statement.account,
        "start": start,
        "end": end,
        "next": str(Cursor(following[1], (following[0],))) if following else "",
        "further": bool(text),
    }
    return render(request, "console/books/account.html", context)


def _span(request: ConsoleRequest, organization: Organization) -> tuple[date, date]:
    today = clock.today(organization)
    end = _day(request, "end", today)
    return _day(request, "start", min(date(today.year, 1, 1), end)), end


def _day(request: ConsoleRequest, name: str, otherwise: date) -> date:
    text = request.GET.get(name, "")
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("This is not a date. Write it like 2026-03-31."), field=name) from None
