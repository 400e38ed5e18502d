"""The form that wakes up a reader for cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core.currencies import Currency
from allsquare.core.money import Money
from allsquare.payments.card_readers import Counter, can_tip
from allsquare.payments.gateway_abilities import Reader
from allsquare.web.console.forms.money import new_key
from allsquare.web.ui.typed import MoneyField


class TakeCardForm(forms.Form):
    """``reader`` names account and reader, with a slash between them. ``agreements`` are the words in which a customer
    agrees that their card is kept; where there are none, nobody is asked."""

    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(
        self,
        currency: Currency,
        counters: Sequence[Counter],
        agreements: Sequence[str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MoneyField(currency=currency, label=gettext_lazy("Amount"))
        self.fields["reader"] = forms.ChoiceField(
            choices=[
                (f"{counter.account.id}/{reader.reference}", _named(counter, reader, len(counters)))
                for counter in counters
                for reader in counter.readers
            ],
            label=gettext_lazy("Reader"),
            widget=forms.RadioSelect,
            error_messages={"required": gettext_lazy("Choose the reader that the customer stands at.")},
        )
        if any(can_tip(counter.account) for counter in counters):
            self.fields["tips"] = forms.BooleanField(
                required=False,
                label=gettext_lazy("Ask for a tip at the reader"),
                help_text=gettext_lazy("What is given is charged on top, and gets an invoice of its own."),
            )
        if agreements:
            self.fields["keep"] = forms.BooleanField(
                required=False,
                label=gettext_lazy("Keep this card for later payments (the customer agreed)"),
                help_text=" ".join(
                    [_("Read it to them:"), *(_("“%(text)s”") % {"text": each} for each in agreements)]
                ),
            )
        self.order_fields(["amount", "reader", "tips", "keep", "key"])

    @classmethod
    def fresh(
        cls, open_amount: Money, counters: Sequence[Counter], agreements: Sequence[str]
    ) -> TakeCardForm:
        """All of it, at the first reader that is free."""
        free = (
            f"{counter.account.id}/{reader.reference}"
            for counter in counters
            for reader in counter.readers
            if reader.is_online and not reader.is_busy
        )
        given = {"amount": open_amount, "reader": next(free, None), "key": new_key()}
        return cls(open_amount.currency, counters, agreements, initial=given)

    def chosen(self) -> tuple[UUID, str]:
        """Account and reader."""
        account, _slash, reader = self.cleaned_data["reader"].partition("/")
        return UUID(account), reader


def _named(counter: Counter, reader: Reader, counters: int) -> str:
    """With its account where there are several, and why it cannot be woken up."""
    name = f"{reader.label} · {counter.account.label}" if counters > 1 else reader.label
    if not reader.is_online:
        return _("%(reader)s (not connected)") % {"reader": name}
    return _("%(reader)s (waits for another card)") % {"reader": name} if reader.is_busy else name
