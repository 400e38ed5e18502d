"""The books: journal, one entry, trial balance, statement of an account."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.payments.selectors import payments_behind
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.days import day_of, span_of
from allsquare.web.console.lists.page import listing
from allsquare.web.console.paging import Cursor, Page

#: Lines of an account's statement on one page.
_LINES = 100


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
    if kind == "provider_movement":
        return reverse("console:movement", args=[source])
    behind = payments_behind(organization, [source]).get(source)
    return reverse("console:payment", args=[behind]) if behind else ""


@staff(Permission.VIEW_BOOKS)
def trial_balance(request: ConsoleRequest) -> HttpResponse:
    """``?as_of=`` is the last booking date that counts, today by default."""
    organization = request.access.organization
    as_of = day_of(request, "as_of", clock.today(organization))
    context = {"balance": ledger.trial_balance(organization, as_of)}
    return render(request, "console/books/trial_balance.html", context)


@staff(Permission.VIEW_BOOKS)
def account(request: ConsoleRequest, account_id: UUID) -> HttpResponse:
    """``?start=`` and ``?end=``, both inclusive: this year up to today by default."""
    organization = request.access.organization
    start, end = span_of(request, organization)
    statement = ledger.account_statement(
        organization,
        account_id,
        start=start,
        end=end,
        after=_place(request, "after"),
        before=_place(request, "before"),
        limit=_LINES,
    )
    context = {
        "statement": statement,
        "account": statement.account,
        "start": start,
        "end": end,
        "page": Page(
            rows=statement.lines,
            next=_text(statement.following),
            previous=_text(statement.preceding),
        ),
    }
    return render(request, "console/books/account.html", context)


def _place(request: ConsoleRequest, name: str) -> tuple[date, UUID] | None:
    """Raises ``InvalidInput``."""
    text = request.GET.get(name, "")
    if not text:
        return None
    cursor = Cursor.read(text)
    return cursor.day, cursor.id


def _text(place: tuple[date, UUID] | None) -> str:
    return str(Cursor(place[1], place[0].isoformat())) if place else ""
