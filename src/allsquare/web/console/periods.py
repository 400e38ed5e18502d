"""Closing spans of booking dates, and opening them again."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import clock
from allsquare.core.formatting import format_date
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.ledger.selectors import count_entries, get_period, list_periods
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.reopen_period import reopen_period
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import DateField
from allsquare.web.ui.formats import language


class PeriodForm(forms.Form):
    """Both days inclusive."""

    starts_on = DateField(label=gettext_lazy("First day"))
    ends_on = DateField(label=gettext_lazy("Last day"))


@staff(Permission.VIEW_BOOKS)
def period_list(request: ConsoleRequest) -> HttpResponse:
    return render(
        request, "console/books/periods.html", {"periods": list_periods(request.access.organization)}
    )


@staff(Permission.CLOSE_PERIODS, keeps_form=True)
def period_close(request: ConsoleRequest) -> HttpResponse:
    """``?starts_on=`` and ``?ends_on=`` ask what closing them would do; posting the same closes them."""
    organization = request.access.organization
    asked = request.POST if request.method == "POST" else kept_form.take(request) or request.GET
    form = PeriodForm(asked if "starts_on" in asked else None, initial=_usual_span(organization))
    if request.method == "POST" and form.is_valid():
        closed = attempt(
            form,
            lambda: close_period(organization=organization, actor=request.access.actor, **form.cleaned_data),
        )
        if closed is not None:
            messages.success(
                request, _("%(span)s is closed.") % {"span": _span(closed.starts_on, closed.ends_on)}
            )
            return redirect("console:period_list")
    context: dict[str, object] = {"form": form}
    if form.is_bound and form.is_valid():
        starts_on, ends_on = form.cleaned_data["starts_on"], form.cleaned_data["ends_on"]
        context |= {
            "starts_on": starts_on,
            "ends_on": ends_on,
            "entries": count_entries(organization, starts_on, ends_on),
            "is_over": starts_on <= ends_on < clock.today(organization),
        }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/books/period_close.html", context, status=status)


def _usual_span(organization: Organization) -> dict[str, date]:
    """The last month, or what is left of it after the latest closed period."""
    ends_on = clock.today(organization).replace(day=1) - timedelta(days=1)
    starts_on = ends_on.replace(day=1)
    closed = [period.ends_on for period in list_periods(organization) if period.closed_at]
    if closed and starts_on <= max(closed) < ends_on:
        starts_on = max(closed) + timedelta(days=1)
    return {"starts_on": starts_on, "ends_on": ends_on}


@staff(Permission.CLOSE_PERIODS)
def period_reopen(request: ConsoleRequest, period_id: UUID) -> HttpResponse:
    organization = request.access.organization
    period = get_period(organization, period_id)
    if request.method == "POST":
        opened = reopen_period(organization=organization, period_id=period.id, actor=request.access.actor)
        messages.success(
            request, _("%(span)s is open again.") % {"span": _span(opened.starts_on, opened.ends_on)}
        )
        return redirect("console:period_list")
    context = {
        "period": period,
        "entries": count_entries(organization, period.starts_on, period.ends_on),
    }
    return render(request, "console/books/period_reopen.html", context)


def _span(first: date, last: date) -> str:
    return _("%(first)s to %(last)s") % {
        "first": format_date(first, language()),
        "last": format_date(last, language()),
    }
