"""How invoices are numbered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.billing.numbering import MAX_WIDTH, written
from allsquare.billing.selectors import is_anything_numbered, number_series
from allsquare.billing.services.change_numbering import change_numbering
from allsquare.core.selectors import events_of
from allsquare.identity.permissions import Permission
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.timeline import timeline


class NumberingForm(forms.Form):
    """The service checks everything again."""

    begins_with = forms.CharField(
        max_length=20,
        required=False,
        label=gettext_lazy("Begins with"),
        help_text=gettext_lazy(
            "Such as INV- or 2026-. A new year can have a new beginning; the counter goes on."
        ),
    )
    width = forms.IntegerField(
        min_value=1, max_value=MAX_WIDTH, label=gettext_lazy("Digits at least"), help_text="4: 0042"
    )
    next_number = forms.IntegerField(min_value=1, label=gettext_lazy("Next number"))

    def __init__(self, *args: Any, begun: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if begun:
            del self.fields["next_number"]


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def numbering(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    series, begun = number_series(organization), is_anything_numbered(organization)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    stored = {"begins_with": series.prefix, "width": series.width, "next_number": series.next_number}
    form = NumberingForm(typed, begun=begun, initial=stored)
    if request.method == "POST" and form.is_valid():
        given = {"next_number": series.next_number, **form.cleaned_data}
        saved = attempt(
            form,
            lambda: change_numbering(organization=organization, actor=request.access.actor, **given),
        )
        if saved is not None:
            number = written(saved.prefix, saved.width, saved.next_number)
            messages.success(request, _("The next invoice will be %(number)s.") % {"number": number})
            return redirect("console:settings_numbering")
    context = {
        "form": form,
        "begun": begun,
        "series": series,
        "preview": written(series.prefix, series.width, series.next_number),
        "timeline": timeline(events_of(organization.id, [series.id], limit=20), here=request.path),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/numbering.html", context, status=status)


@post_only
@staff(Permission.MANAGE_SETTINGS)
def numbering_preview(request: ConsoleRequest) -> HttpResponse:
    """What the next number would be, while somebody types."""
    organization = request.access.organization
    series, begun = number_series(organization), is_anything_numbered(organization)
    form = NumberingForm(request.POST, begun=begun)
    preview = ""
    if form.is_valid():
        number = form.cleaned_data.get("next_number") or series.next_number
        preview = written(form.cleaned_data["begins_with"], form.cleaned_data["width"], number)
    return render(request, "console/settings/_next_number.html", {"preview": preview})
