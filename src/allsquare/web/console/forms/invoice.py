"""The invoice editor's form: the head, and one row for each line.

A row that nobody touched is no line, so a page may offer empty ones. Everything that was typed is kept as it was
typed, right or wrong, through adding a line, choosing an item and any error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.billing.lines import LineInput
from allsquare.billing.writing import MOST_DAYS
from allsquare.catalog.models import Item
from allsquare.customers.models import Customer
from allsquare.web.console.forms.fields import Choices, DateField, FigureField, WholeField, currency_choices
from allsquare.web.console.forms.item import unit_choices

PREFIX: Final = "lines"


#: What a column of prose takes: see ``billing.models.invoice.PROSE``.
MOST_SIGNS: Final = 5000
#: Rows that a page takes: enough to edit by hand. An import or the API makes longer invoices.
MOST_ROWS: Final = 500
#: Rows whose plain list (for browsers without scripts) offers more than the row's own item.
_ROWS_WITH_LIST: Final = 20


@dataclass(frozen=True, slots=True)
class Offered:
    """What the editor lets people choose from, and the currency that unpriced items are filled in. ``customers`` and
    ``items`` hold what is chosen and a few more: see ``console.offered``."""

    customers: Sequence[Customer]
    items: Sequence[Item]
    taxes: Choices
    payment_days: int
    base_currency: str

    def item(self, item_id: UUID | None) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)

    def currency_of(self, customer_id: str) -> str:
        """The currency that an invoice to this customer has unless another is chosen."""
        found = (customer.currency for customer in self.customers if str(customer.id) == customer_id)
        return next(found, self.base_currency)


class HeadForm(forms.Form):
    """All of a draft but its lines. ``seen`` tells the draft that was opened from one changed meanwhile; ``key``
    names this editor, so that a form sent twice is one draft. Who has no customer yet types the first one into
    ``new_name`` and ``new_email``."""

    customer = forms.TypedChoiceField(
        label=gettext_lazy("Customer"),
        coerce=UUID,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose a customer from the list.")},
    )
    new_name = forms.CharField(label=gettext_lazy("Customer's name"), max_length=200, required=False)
    new_email = forms.EmailField(
        label=gettext_lazy("Customer's e-mail"),
        required=False,
        help_text=gettext_lazy("The invoice is sent here."),
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), required=False)
    payment_days = WholeField(
        label=gettext_lazy("Days to pay"), min_value=0, max_value=MOST_DAYS, required=False
    )
    supplied_on = DateField(
        label=gettext_lazy("Supplied on"),
        required=False,
        help_text=gettext_lazy("Decides the tax rate. Empty: the day of issue."),
    )
    reference = forms.CharField(
        label=gettext_lazy("Customer's reference"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("For example their order number."),
    )
    prices_include_tax = forms.BooleanField(label=gettext_lazy("Prices include tax"), required=False)
    discount_percent = FigureField(
        label=gettext_lazy("Discount on everything"),
        required=False,
        min_value=0,
        max_value=100,
        max_digits=7,
        decimal_places=4,
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes on the invoice"),
        required=False,
        max_length=MOST_SIGNS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    terms = forms.CharField(
        label=gettext_lazy("Terms"),
        required=False,
        max_length=MOST_SIGNS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(self, offered: Offered, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose a customer")), *((str(c.id), c.name) for c in offered.customers)]
        self.fields["customer"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        currencies = currency_choices(blank=_("The customer's"))
        self.fields["currency"].choices = currencies  # type: ignore[attr-defined]  # as above
        self.fields["payment_days"].initial = offered.payment_days

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if (
            not typed.get("customer")
            and not typed.get("new_name")
            and not {"customer", "new_name"} & set(self.errors)
        ):
            field = "customer" if self.fields["customer"].choices[1:] else "new_name"  # type: ignore[attr-defined]  # a ChoiceField
            self.add_error(field, _("Say who the invoice is for."))
        return typed

    def terms_of_draft(self) -> dict[str, Any]:
        """What ``create_draft`` and ``update_draft`` take beside the lines."""
        typed = self.cleaned_data
        return {
            "customer_id": typed["customer"],
            "currency": typed["currency"] or None,
            "payment_days": typed["payment_days"],
            "supplied_on": typed["supplied_on"],
            "reference": typed["reference"],
            "prices_include_tax": typed["prices_include_tax"],
            "discount_percent": typed["discount_percent"] or Decimal(0),
            "notes": typed["notes"],
            "terms": typed["terms"],
        }


class LineForm(forms.Form):
    """One line. With an item chosen, what is left empty is taken from the item."""

    item = forms.TypedChoiceField(
        label=gettext_lazy("Item"), required=False, coerce=UUID, empty_value=None, choices=[]
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=MOST_SIGNS,
        widget=forms.Textarea(attrs={"rows": 1}),
    )
    quantity = FigureField(
        label=gettext_lazy("Quantity"), max_digits=18, decimal_places=6, initial=Decimal(1)
    )
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), initial="C62", required=False)
    unit_price = FigureField(
        label=gettext_lazy("Price"), places=2, max_digits=18, decimal_places=6, required=False
    )
    discount_percent = FigureField(
        label=gettext_lazy("Discount %"),
        required=False,
        min_value=0,
        max_value=100,
        max_digits=7,
        decimal_places=4,
    )
    tax_category = forms.ChoiceField(label=gettext_lazy("Tax"), initial="S")

    def __init__(self, *args: Any, offered: Offered, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered, self.currency = offered, currency
        items = [("", "–"), *((str(item.id), item.name) for item in offered.items)]
        unit = str(self["unit"].value() or "")
        self.fields["item"].choices = items  # type: ignore[attr-defined]  # a ChoiceField
        place = (self.prefix or "").rpartition("-")[2]
        if place.isdecimal() and int(place) >= _ROWS_WITH_LIST:
            own = str(self["item"].value() or "")
            self.fields["item"].widget.choices = [each for each in items if each[0] in ("", own)]
        self.fields["unit"].choices = unit_choices(also=unit)  # type: ignore[attr-defined]  # as above
        self.fields["tax_category"].choices = offered.taxes  # type: ignore[attr-defined]  # as above

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        item = self.offered.item(typed.get("item"))
        if item and not typed.get("description") and typed.get("unit_price") is None:
            typed["unit"], typed["tax_category"] = item.unit, item.tax_category
        if item and not typed.get("description"):
            typed["description"] = item.description or item.name
        if item and typed.get("unit_price") is None and "unit_price" not in self.errors:
            self._price_of(item)
        if not typed.get("description"):
            self.add_error("description", _("Say what this line is for."))
        if typed.get("unit_price") is None and "unit_price" not in self.errors:
            self.add_error("unit_price", _("Give the price of one unit."))
        return typed

    def _price_of(self, item: Item) -> None:
        if item.currency == self.currency:
            self.cleaned_data["unit_price"] = item.unit_price
            return
        sentence = _("%(item)s has a price in %(other)s. Give its price in %(currency)s.")
        facts = {"item": item.name, "other": item.currency, "currency": self.currency}
        self.add_error("unit_price", sentence % facts)

    def line(self) -> LineInput:
        """A row with good figures as the service takes it."""
        typed = self.cleaned_data
        category, _at, percent = typed["tax_category"].partition(":")
        return LineInput(
            description=typed.get("description", ""),
            quantity=typed["quantity"],
            unit_price=typed["unit_price"],
            unit=typed["unit"] or "C62",
            discount_percent=typed["discount_percent"] or Decimal(0),
            tax_category=category,
            item_id=typed["item"],
            tax_percent=Decimal(percent) if percent else None,
        )


class _Rows(BaseFormSet[LineForm]):
    """Rows that may all be empty: which of them are lines is seen by what was typed."""

    def initial_form_count(self) -> int:
        return 0

    def total_form_count(self) -> int:
        return super().total_form_count() if self.is_bound else len(self.initial or ())


_make_rows: Final = forms.formset_factory(
    LineForm, formset=_Rows, extra=0, max_num=MOST_ROWS, validate_max=True, absolute_max=MOST_ROWS + 100
)


@dataclass(slots=True)
class InvoiceEditor:
    """Head and rows over one mapping of raw values, as a browser posts them.

    ``checked`` binds them, so that errors show; otherwise the same values are shown without a judgement.
    """

    offered: Offered
    values: Mapping[str, str]
    checked: bool
    head: HeadForm = field(init=False)
    rows: BaseFormSet[LineForm] = field(init=False)

    def __post_init__(self) -> None:
        given = {"offered": self.offered, "currency": self.currency}
        if self.checked:
            self.head = HeadForm(self.offered, self.values)
            self.rows = _make_rows(self.values, prefix=PREFIX, form_kwargs=given)
        else:
            self.head = HeadForm(self.offered, initial=self.values)
            typed = list(typed_rows(self.values))
            self.rows = _make_rows(initial=typed, prefix=PREFIX, form_kwargs=given)

    @property
    def currency(self) -> str:
        """The currency that the invoice would have: the one chosen, else the customer's."""
        return self.values.get("currency") or self.offered.currency_of(self.values.get("customer", ""))

    def is_valid(self) -> bool:
        """Both parts are checked, so that all errors are said at once. Needs ``checked``."""
        head, rows = self.head.is_valid(), self.rows.is_valid()
        return head and rows

    def filled(self) -> list[tuple[int, LineForm]]:
        """The rows that are lines, with their place on the page."""
        return [(place, form) for place, form in enumerate(self.rows.forms) if form.has_changed()]

    def lines(self) -> list[LineInput]:
        return [form.line() for _place, form in self.filled()]


def typed_rows(values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The raw values of each row, as typed. No more rows than an invoice may have lines."""
    try:
        count = int(values.get(f"{PREFIX}-TOTAL_FORMS", "0"))
    except ValueError:
        count = 0
    for place in range(min(count, MOST_ROWS)):
        names = {name: f"{PREFIX}-{place}-{name}" for name in LineForm.base_fields}
        yield {name: values[key] for name, key in names.items() if key in values}


def with_rows(values: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """``values`` with these rows in place of its own."""
    kept = {key: value for key, value in values.items() if not key.startswith(f"{PREFIX}-")}
    kept[f"{PREFIX}-TOTAL_FORMS"] = str(len(rows))
    kept[f"{PREFIX}-INITIAL_FORMS"] = "0"
    for place, row in enumerate(rows):
        kept |= {f"{PREFIX}-{place}-{name}": value for name, value in row.items()}
    return kept
