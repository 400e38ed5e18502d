"""Exchange rates into the currency of the books."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.ledger.selectors import list_exchange_rates
from allsquare.ledger.services.set_rate import set_rate
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import DateField, FigureField, currency_choices


class ExchangeRateForm(forms.Form):
    """The service checks everything again."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    valid_on = DateField(label=gettext_lazy("From this day"))
    rate = FigureField(max_digits=20, decimal_places=10, label=gettext_lazy("Rate"))

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base = organization.base_currency
        self.fields["currency"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (code, label) for code, label in currency_choices() if code != base
        ]
        self.fields["rate"].help_text = _("How many %(base)s one unit of it is worth.") % {"base": base}


@staff(Permission.POST_JOURNAL, keeps_form=True)
def exchange_rates(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = ExchangeRateForm(organization, typed, initial={"valid_on": clock.today(organization)})
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form, lambda: set_rate(organization=organization, actor=request.access.actor, **form.cleaned_data)
        )
        if saved is not None:
            messages.success(request, _("The rate of %(code)s is entered.") % {"code": saved.currency})
            return redirect("console:exchange_rates")
    context = {"form": form, "rates": list_exchange_rates(organization)}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/books/exchange_rates.html", context, status=status)
