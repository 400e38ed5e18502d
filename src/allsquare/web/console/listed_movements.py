"""What a provider lists as movements and the books do not have: a person takes each in, or leaves it out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from allsquare.core import clock
from allsquare.identity.permissions import Permission
from allsquare.payments.listed_movements import get_listed, lists_movements, unrecorded
from allsquare.payments.selectors import own_gateway_account
from allsquare.payments.services.leave_movement import leave_movement
from allsquare.payments.services.list_movements import list_movements
from allsquare.payments.services.take_movement import take_movement
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import DateField


class ListForm(forms.Form):
    """Both days inclusive."""

    first = DateField(label=gettext_lazy("First day"))
    last = DateField(label=gettext_lazy("Last day"))


@staff(Permission.POST_JOURNAL)
def listed_movements(request: ConsoleRequest, gateway_id: UUID) -> HttpResponse:
    """Sent, it asks the provider for the days that were chosen."""
    organization = request.access.organization
    account = own_gateway_account(organization, gateway_id)
    today = clock.today(organization)
    asked = request.method == "POST"
    usual: dict[str, Any] = {"first": today - timedelta(days=30), "last": today}
    form = ListForm(request.POST) if asked else ListForm(initial=usual)
    if asked and form.is_valid():
        new = attempt(
            form,
            lambda: list_movements(
                organization=organization,
                gateway_account_id=account.id,
                actor=request.access.actor,
                **form.cleaned_data,
            ),
        )
        if new is not None:
            said = ngettext("%(new)s movement is new.", "%(new)s movements are new.", new)
            messages.success(request, said % {"new": new})
            return redirect("console:listed_movements", account.id)
    context = {
        "account": account,
        "form": form,
        "lists": lists_movements(account),
        "rows": unrecorded(organization, account),
    }
    return render(request, "console/movements/listed.html", context, status=422 if asked else 200)


@post_only
@staff(Permission.POST_JOURNAL)
def listed_movement_take(request: ConsoleRequest, listed_movement_id: UUID) -> HttpResponse:
    """Against the usual account of its kind."""
    organization = request.access.organization
    account = get_listed(organization, listed_movement_id).gateway_account_id
    take_movement(organization=organization, listed_id=listed_movement_id, actor=request.access.actor)
    messages.success(request, _("The movement is booked."))
    return redirect("console:listed_movements", account)


@post_only
@staff(Permission.POST_JOURNAL)
def listed_movement_leave(request: ConsoleRequest, listed_movement_id: UUID) -> HttpResponse:
    organization = request.access.organization
    account = get_listed(organization, listed_movement_id).gateway_account_id
    leave_movement(organization=organization, listed_id=listed_movement_id, actor=request.access.actor)
    messages.info(request, _("The movement is left out. Nothing was booked."))
    return redirect("console:listed_movements", account)
