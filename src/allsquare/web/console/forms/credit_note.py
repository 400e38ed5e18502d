"""The form of a credit note: for each line of the invoice so many pieces, or an amount off its price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from allsquare.billing.crediting import LineLeft, Wanted
from allsquare.billing.models import Invoice
from allsquare.billing.reasons import LONGEST_REASON
from allsquare.core.currencies import currency
from allsquare.core.errors import FieldErrors
from allsquare.core.money import Money
from allsquare.web.console.forms.fields import FigureField
from allsquare.web.console.forms.money import new_key
from allsquare.web.ui.typed import MoneyField

KEEP, GIVE_BACK = "keep", "give_back"


@dataclass(frozen=True, slots=True)
class FormLine:
    """A line of the invoice with its two fields; none where nothing of it is left."""

    each: LineLeft
    left: Money
    quantity: BoundField | None
    amount: BoundField | None


class CreditNoteForm(forms.Form):
    """``offers_refund``: what is paid too much can go back by the way it came."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        label=_("What is credited, and why?"),
        help_text=_("It is printed on the credit note."),
    )
    surplus = forms.ChoiceField(
        label=_("What is paid too much by it"),
        widget=forms.RadioSelect,
        initial=KEEP,
        choices=[(KEEP, _("Keep as customer credit")), (GIVE_BACK, _("Give back by the way it was paid"))],
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, invoice: Invoice, left: Sequence[LineLeft], offers_refund: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.left, self.invoice, self.unit = left, invoice, currency(invoice.currency)
        if not offers_refund:
            del self.fields["surplus"]
        for each in left:
            if not each.is_gone:
                facts = {"place": each.line.position}
                if each.left.quantity:
                    self.fields[f"quantity-{each.line.position}"] = FigureField(
                        required=False, label=_("Quantity of line %(place)s") % facts
                    )
                self.fields[f"amount-{each.line.position}"] = MoneyField(
                    currency=self.unit, required=False, label=_("Amount of line %(place)s") % facts
                )

    @classmethod
    def fresh(
        cls, *, invoice: Invoice, left: Sequence[LineLeft], offers_refund: bool, everything: bool
    ) -> CreditNoteForm:
        """With nothing filled in, or all that is left."""
        initial: dict[str, object] = {"key": new_key()}
        for each in left if everything else ():
            if each.is_gone:  # or free from the beginning
                continue
            if each.left.quantity:
                initial[f"quantity-{each.line.position}"] = each.left.quantity
            else:
                measure = each.left.measure(inclusive=invoice.prices_include_tax)
                initial[f"amount-{each.line.position}"] = Money(measure, currency(invoice.currency))
        return cls(invoice=invoice, left=left, offers_refund=offers_refund, initial=initial)

    @property
    def lines(self) -> list[FormLine]:
        """In the order of the invoice."""

        def field(kind: str, each: LineLeft) -> BoundField | None:
            name = f"{kind}-{each.line.position}"
            return self[name] if name in self.fields else None

        inclusive = self.invoice.prices_include_tax
        return [
            FormLine(
                each,
                Money(each.left.measure(inclusive=inclusive), self.unit),
                field("quantity", each),
                field("amount", each),
            )
            for each in self.left
        ]

    @property
    def wanted(self) -> Mapping[UUID, Wanted]:
        """What was typed and could be read, or what the form begins with."""
        found, values = {}, self.cleaned_data if self.is_bound else self.initial
        for each in self.left:
            quantity = values.get(f"quantity-{each.line.position}")
            amount = values.get(f"amount-{each.line.position}")
            if quantity is not None or amount is not None:
                found[each.line.id] = Wanted(quantity, amount.minor if amount is not None else None)
        return found

    def at_fields(self, errors: FieldErrors) -> FieldErrors:
        """What is wrong with a line is said at the field that was filled in."""
        found = {}
        for name, sentence in errors.errors.items():
            kind, _dash, place = name.partition("-")
            typed = "amount" if self.cleaned_data.get(f"amount-{place}") is not None else "quantity"
            found[f"{typed}-{place}" if kind == "line" else name] = sentence
        return FieldErrors(found)
