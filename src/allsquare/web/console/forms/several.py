"""Money that came by hand for several invoices of a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.billing.models import Invoice
from allsquare.core.currencies import Currency
from allsquare.core.currencies import currency as currency_of
from allsquare.core.formatting import format_date, spoken_language
from allsquare.core.money import Money
from allsquare.payments.amounts import split_shares
from allsquare.payments.gateway import MethodKind
from allsquare.web.console.forms.money import RecordForm, new_key
from allsquare.web.ui.formats import amount
from allsquare.web.ui.typed import MoneyField

_SHARE: Final = "share_"


class RecordSeveralForm(RecordForm):
    """What came, and how much of it is for which invoice; without a word, those pay that were due first. What is over
    becomes customer credit."""

    def __init__(self, currency: Currency, invoices: Sequence[Invoice], *args: Any, **kwargs: Any) -> None:
        super().__init__(currency, *args, **kwargs)
        self.currency, self.invoices = currency, invoices
        self.fields["amount"].label = gettext_lazy("Amount that came")
        for invoice in invoices:
            self.fields[_name(invoice)] = MoneyField(
                currency=currency, required=False, label=str(invoice.number), help_text=_standing(invoice)
            )

    @classmethod
    def fresh_for(cls, currency: Currency, invoices: Sequence[Invoice], today: date) -> RecordSeveralForm:
        """Today, by bank transfer."""
        given = {"method": MethodKind.BANK_TRANSFER.value, "received_on": today, "key": new_key()}
        return cls(currency, invoices, initial=given)

    @property
    def rows(self) -> list[BoundField]:
        """A field for each invoice."""
        return [self[_name(invoice)] for invoice in self.invoices]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        came: Money | None = cleaned.get("amount")
        if came is not None and sum(self._typed().values()) > came.minor:
            self.add_error("amount", _("The invoices below take more than this. Check the amounts."))
        if any(
            self.data[name].strip()
            for name in self.data
            if name.startswith(_SHARE) and name not in self.fields
        ):
            # Said with all that is wrong else: the page that says it does not ask for that invoice any more.
            self.add_error(
                None, _("An invoice that you chose is not open any more. Look at the amounts again.")
            )
        return cleaned

    def shares(self) -> Mapping[UUID, int]:
        """Minor units by invoice."""
        typed = self._typed()
        if typed:
            return typed
        came: Money = self.cleaned_data["amount"]
        taken = split_shares(came.minor, [(each.open_minor, each.open_minor) for each in self.invoices])
        return {each.id: part for each, part in zip(self.invoices, taken, strict=True) if part}

    def _typed(self) -> dict[UUID, int]:
        found = {each.id: self.cleaned_data.get(_name(each)) for each in self.invoices}
        return {name: money.minor for name, money in found.items() if money}


def _standing(invoice: Invoice) -> str:
    open_ = amount(Money(invoice.open_minor, currency_of(invoice.currency)))
    if invoice.due_on is None:
        return _("%(open)s is open") % {"open": open_}
    return _("%(open)s is open, due %(day)s") % {
        "open": open_,
        "day": format_date(invoice.due_on, spoken_language()),
    }


def _name(invoice: Invoice) -> str:
    return f"{_SHARE}{invoice.id.hex}"
