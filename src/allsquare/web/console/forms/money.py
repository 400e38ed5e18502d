"""Forms that move money: recording a payment, giving one back, voiding an invoice or writing it off.

Each carries a hidden key, made when the page is: the form sent twice is one request (promise 2 of the design).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import Currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.payments.gateway import MethodKind
from allsquare.web.console.forms.fields import DateField
from allsquare.web.console.shown import METHODS
from allsquare.web.ui.typed import MoneyField

#: What a person can have in hand.
BY_HAND = (MethodKind.BANK_TRANSFER, MethodKind.CASH, MethodKind.CHEQUE)


def new_key() -> str:
    return str(new_id())


class RecordForm(forms.Form):
    """Money that came by hand. What is over the open amount becomes customer credit."""

    method = forms.ChoiceField(
        choices=[(kind.value, METHODS[kind]) for kind in BY_HAND],
        label=_("How it came"),
        widget=forms.RadioSelect,
    )
    received_on = DateField(label=_("Received on"))
    note = forms.CharField(
        max_length=200,
        required=False,
        label=_("Reference"),
        help_text=_("For example what the bank statement says, or the number of the cheque."),
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, currency: Currency, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MoneyField(currency=currency, label=_("Amount"))
        self.order_fields(["amount", "method", "received_on", "note", "key"])

    @classmethod
    def fresh(cls, open_amount: Money, today: date) -> RecordForm:
        """All of it, today, by bank transfer."""
        given = {
            "amount": open_amount,
            "method": MethodKind.BANK_TRANSFER.value,
            "received_on": today,
            "key": new_key(),
        }
        return cls(open_amount.currency, initial=given)


class RefundForm(forms.Form):
    """Money that goes back by the way it came."""

    reason = forms.CharField(
        max_length=200, required=False, label=_("Reason"), help_text=_("It stays in the record, for staff.")
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, currency: Currency, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MoneyField(currency=currency, label=_("Amount to give back"))
        self.order_fields(["amount", "reason", "key"])

    @classmethod
    def fresh(cls, left: Money) -> RefundForm:
        """All that is left."""
        return cls(left.currency, initial={"amount": left, "key": new_key()})


class VoidForm(forms.Form):
    """Why an invoice is made void."""

    reason = forms.CharField(
        max_length=200,
        label=_("Why is it void?"),
        help_text=_("It stays in the record, for staff and auditors."),
    )


class WriteOffForm(forms.Form):
    """Why the rest of an invoice will not come, and what becomes of the tax in it."""

    reason = forms.CharField(
        max_length=200,
        label=_("Why will it not come?"),
        help_text=_("It stays in the record, for staff and auditors."),
    )
    tax_relief = forms.BooleanField(
        required=False,
        label=_("Take the tax in it back as well"),
        help_text=_(
            "Only where the law allows it now. In Germany: the debt cannot be collected. In the United Kingdom: six "
            "months after it was due. Otherwise all of it is an expense."
        ),
    )


class ArrivalForm(forms.Form):
    """A payout stands on the bank statement."""

    on = DateField(label=_("On the statement on"))
    kept = forms.BooleanField(required=False, label=_("The bank kept the rest as its fee"))

    def __init__(self, currency: Currency, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["received"] = MoneyField(
            currency=currency,
            label=_("Amount on the statement"),
            help_text=_("Less than was sent, where the bank kept a fee."),
        )
        self.order_fields(["received", "kept", "on"])


class CreditForm(forms.Form):
    """Credit of the customer that pays an invoice of theirs."""

    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, currency: Currency, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MoneyField(currency=currency, label=_("Amount to use"))
        self.order_fields(["amount", "key"])

    @classmethod
    def fresh(cls, most: Money) -> CreditForm:
        """All that can be used."""
        return cls(most.currency, initial={"amount": most, "key": new_key()})
