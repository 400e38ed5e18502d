"""Payouts, and where all the money is."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.selectors import events_of
from allsquare.identity.permissions import Permission
from allsquare.insights.dashboard.kept import kept_to
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.ledger import selectors as ledger
from allsquare.payments.models import Payout
from allsquare.payments.payouts import list_payouts, payout_contents
from allsquare.payments.services.receive_payout import receive_payout
from allsquare.payments.services.undo_payout_arrival import undo_payout_arrival
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import ArrivalForm
from allsquare.web.console.paging import Cursor, page
from allsquare.web.console.timeline import timeline

#: Banks take a day or two longer than providers expect, and weekends come between.
LATE_AFTER: Final = timedelta(days=4)


@staff(Permission.VIEW_SALES)
def payout_list(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization

    def read(after: Cursor | None, limit: int) -> list[Payout]:
        return list_payouts(organization, before=after.id if after else None, limit=limit)

    def back(before: Cursor, limit: int) -> list[Payout]:
        return list_payouts(organization, after=before.id, limit=limit)

    found = page(request, read, back, lambda row: Cursor(row.id))
    late = clock.today(organization) - LATE_AFTER
    return render(request, "console/payouts/list.html", {"page": found, "late": late})


@staff(Permission.VIEW_SALES)
def payout(request: ConsoleRequest, payout_id: UUID) -> HttpResponse:
    """What it is made of, and what it did in the books."""
    organization = request.access.organization
    contents = payout_contents(organization, payout_id)
    later = [*(row.id for row in contents.arrivals), *(row.id for row in contents.corrections)]
    may_see = request.access.may(Permission.VIEW_BOOKS)
    context = {
        "contents": contents,
        "payout": contents.payout,
        "standing": contents.standing,
        "entries": ledger.entries_of(organization, [payout_id, *later]) if may_see else [],
        "timeline": timeline(events_of(organization.id, [payout_id], limit=20), here=request.path),
    }
    return render(request, "console/payouts/payout.html", context)


@staff(Permission.RECORD_PAYMENTS, keeps_form=True)
def payout_arrived(request: ConsoleRequest, payout_id: UUID) -> HttpResponse:
    """It stands on the bank statement: all of it, on the day when it was expected, unless somebody says otherwise."""
    organization = request.access.organization
    contents = payout_contents(organization, payout_id)
    found, sent = contents.payout, contents.sent
    posted = request.method == "POST"
    typed = request.POST if posted else kept_form.take(request)
    today = clock.today(organization)
    form = ArrivalForm(
        sent.currency,
        typed,
        initial={"received": sent, "on": min(found.expected_on or today, today)},
    )
    if posted and form.is_valid():
        noted = attempt(
            form,
            lambda: receive_payout(
                organization=organization,
                payout_id=found.id,
                actor=request.access.actor,
                **form.cleaned_data,
            ),
        )
        if noted is not None:
            messages.success(request, _("The payout is at the bank."))
            return redirect("console:payout", found.id)
    context = {"payout": found, "sent": sent, "form": form}
    return render(request, "console/payouts/arrived.html", context, status=422 if posted else 200)


@post_only
@staff(Permission.RECORD_PAYMENTS)
def payout_not_arrived(request: ConsoleRequest, payout_id: UUID) -> HttpResponse:
    undo_payout_arrival(
        organization=request.access.organization, payout_id=payout_id, actor=request.access.actor
    )
    messages.success(request, _("The payout is on its way to the bank again."))
    return redirect("console:payout", payout_id)


@staff(Permission.VIEW_BOOKS)
def money(request: ConsoleRequest) -> HttpResponse:
    """*Where is my money*: every unit that payments brought, and what it adds up to."""
    organization = request.access.organization
    found = where_is_my_money(organization, mark=kept_to(organization))
    return render(request, "console/payouts/money.html", {"money": found})
