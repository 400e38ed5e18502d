"""Tax rates with the days on which they are valid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from allsquare.core import clock
from allsquare.core.formatting import locale_of
from allsquare.identity.permissions import Permission
from allsquare.tax.categories import CHOICES
from allsquare.tax.seeds import missing_rates
from allsquare.tax.selectors import get_rate, list_rates
from allsquare.tax.services.add_rate import add_rate
from allsquare.tax.services.add_usual_rates import add_usual_rates
from allsquare.tax.services.end_rate import end_rate
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import DateField, FigureField, country_choices
from allsquare.web.console.forms.once import OnceForm
from allsquare.web.ui.formats import language


class RateForm(OnceForm):
    """The service checks everything again."""

    name = forms.CharField(
        max_length=60, label=gettext_lazy("Name"), help_text=gettext_lazy("Such as VAT 19 %.")
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"))
    category = forms.ChoiceField(choices=CHOICES, label=gettext_lazy("Kind"))
    percent = FigureField(max_digits=7, decimal_places=4, label=gettext_lazy("Rate in percent"))
    valid_from = DateField(label=gettext_lazy("First day"))
    valid_until = DateField(
        required=False, label=gettext_lazy("Last day"), help_text=gettext_lazy("Empty: until you end it.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = country_choices()  # type: ignore[attr-defined]  # a ChoiceField


class EndForm(forms.Form):
    valid_until = DateField(label=gettext_lazy("Last day"))


@staff(Permission.MANAGE_SETTINGS)
def tax_rate_list(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    today = clock.today(organization)
    context = {
        "rates": [(rate, rate.is_valid(today)) for rate in list_rates(organization)],
        "today": today,
        "usual": missing_rates(organization),
        "country_name": locale_of(language()).territories.get(organization.country, organization.country),
    }
    return render(request, "console/settings/tax_rates.html", context)


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def tax_rate_new(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    start = {"country": organization.country, "valid_from": clock.today(organization)}
    form = RateForm(typed, initial=start)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: add_rate(organization=organization, actor=request.access.actor, **form.to_make()),
        )
        if made is not None:
            messages.success(request, _("%(name)s is added.") % {"name": made.name})
            return redirect("console:tax_rate_list")
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/tax_rate_new.html", {"form": form}, status=status)


@post_only
@staff(Permission.MANAGE_SETTINGS)
def tax_rates_usual(request: ConsoleRequest) -> HttpResponse:
    added = len(add_usual_rates(organization=request.access.organization, actor=request.access.actor))
    said = ngettext("%(n)s rate is added.", "%(n)s rates are added.", added) % {"n": added}
    messages.success(request, said if added else _("All of them are there already."))
    return redirect("console:tax_rate_list")


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def tax_rate_end(request: ConsoleRequest, tax_rate_id: UUID) -> HttpResponse:
    organization = request.access.organization
    rate = get_rate(organization, tax_rate_id)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = EndForm(typed, initial={"valid_until": clock.today(organization)})
    if request.method == "POST" and form.is_valid():
        ended = attempt(
            form,
            lambda: end_rate(
                organization=organization,
                rate_id=rate.id,
                valid_until=form.cleaned_data["valid_until"],
                actor=request.access.actor,
            ),
        )
        if ended is not None:
            messages.success(request, _("%(name)s has its last day.") % {"name": ended.name})
            return redirect("console:tax_rate_list")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "rate": rate}
    return render(request, "console/settings/tax_rate_end.html", context, status=status)
