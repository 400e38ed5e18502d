"""Making a payment link."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.catalog.models import Item
from allsquare.core.currencies import Currency, currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.selling.details import mark_of_link
from allsquare.selling.models import PaymentLink
from allsquare.tax.categories import CHOICES
from allsquare.web.console.forms.fields import DateField, WholeField, currency_choices
from allsquare.web.console.forms.once import OnceForm
from allsquare.web.ui.formats import amount
from allsquare.web.ui.typed import MoneyField

#: In the select; who has more items writes the name.
MOST_ITEMS: Final = 100


class PaymentLinkForm(OnceForm):
    """Amounts are typed in the currency that is chosen beside them. The service checks everything again."""

    name = forms.CharField(max_length=120, label=_lazy("What is sold"))
    description = forms.CharField(
        required=False,
        max_length=1000,
        label=_lazy("Description"),
        help_text=_lazy("Stands on the page, and on invoices in place of the name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    item = forms.ChoiceField(
        required=False, label=_lazy("Item"), help_text=_lazy("For your records. Its tax is used.")
    )
    currency = forms.ChoiceField(label=_lazy("Currency"))
    tax_category = forms.ChoiceField(choices=CHOICES, label=_lazy("Tax"))
    price = forms.CharField(
        required=False,
        label=_lazy("Price, tax included"),
        help_text=_lazy("Empty: whoever buys says how much."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    least = forms.CharField(
        required=False,
        label=_lazy("At least"),
        help_text=_lazy("Where whoever buys says how much."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    suggested = forms.CharField(
        required=False,
        max_length=200,
        label=_lazy("Suggested amounts"),
        help_text=_lazy("With spaces between, such as: 5 10 20"),
    )
    tips = forms.CharField(
        required=False,
        max_length=60,
        label=_lazy("Tips, in percent"),
        help_text=_lazy("With spaces between, such as: 5 10 15. Empty: none is asked for."),
    )
    most = WholeField(min_value=1, max_value=1000, initial=1, label=_lazy("Units at once, at most"))
    limit = WholeField(
        min_value=1,
        max_value=2_000_000_000,
        required=False,
        label=_lazy("Units in all"),
        help_text=_lazy("Empty: as many as are wanted."),
    )
    ends_on = DateField(required=False, label=_lazy("Last day"))
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = Item.objects.filter(organization=organization, archived_at__isnull=True).order_by(
            "name", "id"
        )
        self._items = {str(item.id): item for item in items[:MOST_ITEMS]}
        choices = [("", _("None of the list")), *((key, item.name) for key, item in self._items.items())]
        self.fields["item"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["currency"].choices = currency_choices()  # type: ignore[attr-defined]  # as above
        self.fields["currency"].initial = organization.base_currency

    def clean(self) -> dict[str, Any]:
        """What the service wants, in minor units."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        unit = currency(given.get("currency") or "EUR")
        price = self._sum("price", unit)
        item = self._items.get(given.pop("item", ""))
        least = self._sum("least", unit)
        tips = self._whole_numbers("tips")
        return {
            **{name: given[name] for name in given if name not in ("price", "least", "suggested", "tips")},
            "item": item,
            "tax_category": item.tax_category if item else given.get("tax_category"),
            "price_minor": None if price is None else price.minor,
            "least_minor": 0 if least is None else least.minor,
            "suggested": self._sums("suggested", unit),
            "tips": tips,
        }

    def _sum(self, name: str, unit: Currency) -> Money | None:
        try:
            found: Money | None = MoneyField(currency=unit, required=False).clean(self.data.get(name, ""))
        except ValidationError as problem:
            self.add_error(name, problem)
            return None
        return found

    def _sums(self, name: str, unit: Currency) -> list[int]:
        try:
            parts = str(self.data.get(name, "")).replace(";", " ").split()
            return [MoneyField(currency=unit).clean(part).minor for part in parts]
        except ValidationError as problem:
            self.add_error(name, problem)
            return []

    def _whole_numbers(self, name: str) -> list[int]:
        parts = str(self.data.get(name, "")).replace(";", " ").replace("%", " ").replace(",", " ").split()
        if any(not (part.isascii() and part.isdecimal() and len(part) <= 3) for part in parts):
            self.add_error(name, _("Write whole numbers with spaces between."))
            return []
        return [int(part) for part in parts]


def values_of(link: PaymentLink) -> dict[str, object]:
    """As people typed them."""
    unit = currency(link.currency)

    def plain(minor: int | None) -> str:
        return Money(minor, unit).plain if minor else ""

    return {
        "name": link.name,
        "description": link.description,
        "item": str(link.item_id or ""),
        "currency": link.currency,
        "tax_category": link.tax_category,
        "price": plain(link.price_minor),
        "least": plain(link.least_minor),
        "suggested": " ".join(plain(each) for each in link.suggested),
        "tips": " ".join(str(each) for each in link.tips),
        "most": link.most,
        "limit": link.limit,
        "ends_on": link.ends_on,
        "seen": mark_of_link(link),
    }


def price_words(link: PaymentLink) -> str:
    """For a poster: what it costs, as far as that is said."""
    unit = currency(link.currency)
    if link.price_minor is not None:
        return amount(Money(link.price_minor, unit))
    if link.least_minor:
        return _("from %(least)s") % {"least": amount(Money(link.least_minor, unit))}
    return _("You say how much")
