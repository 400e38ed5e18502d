"""Entering a product or service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from allsquare.catalog.models import Item
from allsquare.identity.models import Organization
from allsquare.tax.categories import CHOICES
from allsquare.web.console.forms.fields import Choices, FigureField, currency_choices
from allsquare.web.console.forms.once import OnceForm, filled_in
from allsquare.web.console.shown import UNITS


def unit_choices(*, also: str = "") -> Choices:
    """What one sells by, and ``also`` where a row has another code."""
    known: Choices = [(code, str(name)) for code, name in UNITS.items()]
    return known if not also or also in UNITS else [*known, (also, also)]


class ItemForm(OnceForm):
    """The service checks everything again."""

    name = forms.CharField(max_length=200, label=_("Name"))
    kind = forms.ChoiceField(choices=[("service", _("Service")), ("product", _("Product"))], label=_("Kind"))
    code = forms.CharField(max_length=60, required=False, label=_("Code"), help_text=_("Your own number."))
    description = forms.CharField(
        required=False,
        label=_("Description"),
        help_text=_("Stands on invoices in place of the name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    unit_price = FigureField(places=2, max_digits=18, decimal_places=6, label=_("Price of one unit"))
    currency = forms.ChoiceField(label=_("Currency"))
    unit = forms.ChoiceField(label=_("Unit"))
    tax_category = forms.ChoiceField(choices=CHOICES, label=_("Tax"))

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = str((self.initial or {}).get("unit", ""))
        self.fields["unit"].choices = unit_choices(also=unit)  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["currency"].choices = currency_choices()  # type: ignore[attr-defined]  # as above
        self.fields["currency"].initial = organization.base_currency


def values_of(item: Item) -> dict[str, object]:
    return {name: getattr(item, name) for name in filled_in(ItemForm)}
