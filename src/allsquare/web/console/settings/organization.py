"""What the organization says of itself, and the currency of its books."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core.rounding import RoundingPolicy
from allsquare.core.selectors import events_of
from allsquare.identity.details import LONGEST_TERM, check
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.identity.services.change_organization import change_organization
from allsquare.ledger.selectors import is_anything_booked
from allsquare.ledger.services.change_base_currency import change_base_currency
from allsquare.payments.transfer_accounts import differing_accounts
from allsquare.tax.calculate import TaxRounding
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt, blame_too, typed_in
from allsquare.web.console.forms.fields import (
    WholeField,
    country_choices,
    currency_choices,
    time_zone_choices,
)
from allsquare.web.console.timeline import timeline

_ROUNDINGS = {
    RoundingPolicy.HALF_UP: gettext_lazy("Half up: 0.5 becomes 1"),
    RoundingPolicy.HALF_EVEN: gettext_lazy("Half to even: 0.5 becomes 0, 1.5 becomes 2"),
}


class OrganizationForm(forms.Form):
    """The service checks everything again."""

    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    legal_name = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Legal name"),
        help_text=gettext_lazy("As the register has it, where it differs from the name."),
    )
    street = forms.CharField(max_length=200, required=False, label=gettext_lazy("Street and number"))
    postal_code = forms.CharField(max_length=20, required=False, label=gettext_lazy("Postal code"))
    city = forms.CharField(max_length=100, required=False, label=gettext_lazy("City"))
    region = forms.CharField(max_length=100, required=False, label=gettext_lazy("Region"))
    country = forms.ChoiceField(label=gettext_lazy("Country"))
    email = forms.CharField(
        max_length=254,
        required=False,
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("Where answers of customers go, unless the mail settings say otherwise."),
    )
    phone = forms.CharField(max_length=40, required=False, label=gettext_lazy("Telephone"))
    tax_id = forms.CharField(max_length=40, required=False, label=gettext_lazy("Tax number"))
    iban = forms.CharField(max_length=42, required=False, label=gettext_lazy("IBAN"))
    bic = forms.CharField(max_length=11, required=False, label=gettext_lazy("BIC"))
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Decides on which day something is booked.")
    )
    payment_days = WholeField(
        min_value=0, max_value=LONGEST_TERM, label=gettext_lazy("Days to pay, on new invoices")
    )
    tax_rounding = forms.ChoiceField(
        choices=[
            (TaxRounding.PER_DOCUMENT.value, gettext_lazy("Once for each rate of the invoice")),
            (TaxRounding.PER_LINE.value, gettext_lazy("On every line")),
        ],
        label=gettext_lazy("Tax is rounded"),
    )
    rounding = forms.ChoiceField(
        choices=[(policy.value, label) for policy, label in _ROUNDINGS.items()],
        label=gettext_lazy("How halves are rounded"),
    )
    base_currency = forms.ChoiceField(
        label=gettext_lazy("Currency of the books"),
        help_text=gettext_lazy(
            "Balances and reports are kept in it. It can be changed until something is booked."
        ),
    )

    def __init__(self, *args: Any, booked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if booked:
            del self.fields["base_currency"]
        else:
            self.fields["base_currency"].choices = currency_choices()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["country"].choices = country_choices()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["time_zone"].choices = time_zone_choices()  # type: ignore[attr-defined]  # as above


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def organization_edit(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    booked = is_anything_booked(organization)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    stored = {name: getattr(organization, name) for name in OrganizationForm.base_fields}
    form = OrganizationForm(typed, initial=stored, booked=booked)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: _save(request, dict(form.cleaned_data)))
        if saved is not None:
            messages.success(request, _("Saved.") if saved else _("Nothing was different."))
            return redirect("console:settings_organization")
    elif request.method == "POST":
        blame_too(form, lambda: check(_as_typed(organization, form)))
    context = {
        "form": form,
        "booked": booked,
        "differing": differing_accounts(organization),
        "timeline": timeline(events_of(organization.id, [organization.id], limit=20), here=request.path),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/organization.html", context, status=status)


def _as_typed(organization: Organization, form: OrganizationForm) -> Organization:
    """Never saved: a row of its own to look at. What cannot even be a number or a choice is left as it is stored."""
    typed = Organization.objects.get(id=organization.id)
    for name, field in form.fields.items():
        if name in form.cleaned_data:
            setattr(typed, name, form.cleaned_data[name])
        elif type(field) is forms.CharField:
            setattr(typed, name, typed_in(form, name))
    return typed


def _save(request: ConsoleRequest, given: dict[str, Any]) -> bool:
    """Whether anything is different now. The currency last: only a booking of this moment can refuse it."""
    organization, actor = request.access.organization, request.access.actor
    currency = given.pop("base_currency", "")
    changed = bool(change_organization(organization=organization, actor=actor, **given))
    if not currency:
        return changed
    return change_base_currency(organization=organization, currency=currency, actor=actor) or changed
