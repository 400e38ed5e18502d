"""The few fields by which a customer or an item is entered from inside another form. The rest is the
organization's, and can be added on the thing's own page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from allsquare.identity.models import Organization
from allsquare.web.console.forms.fields import Choices, FigureField, country_choices
from allsquare.web.console.forms.item import unit_choices
from allsquare.web.console.forms.money import new_key


class QuickCustomerForm(forms.Form):
    name = forms.CharField(max_length=200, label=_("Name"))
    email = forms.EmailField(
        required=False, label=_("E-mail"), help_text=_("Invoices and receipts are sent here.")
    )
    country = forms.ChoiceField(label=_("Country"))
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "new_customer_%s", **kwargs})
        self.fields["country"].choices = country_choices()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["country"].initial = organization.country
        self.fields["key"].initial = new_key


class QuickItemForm(forms.Form):
    """``taxes`` are the categories; a reduced rate is chosen on the line."""

    name = forms.CharField(max_length=200, label=_("Name"))
    unit_price = FigureField(places=2, max_digits=18, decimal_places=6, label=_("Price of one unit"))
    unit = forms.ChoiceField(label=_("Unit"), initial="C62")
    tax_category = forms.ChoiceField(label=_("Tax"), initial="S")
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, taxes: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "new_item_%s", **kwargs})
        self.fields["unit"].choices = unit_choices()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["tax_category"].choices = [(code, label) for code, label in taxes if ":" not in code]  # type: ignore[attr-defined]  # as above
        self.fields["key"].initial = new_key
