"""Forms in which a colleague says what they saw at a provider that does not answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.by_hand import (
    LONGEST_REASON,
    Came,
    is_said_of_dispute,
    is_said_of_payment,
    is_said_of_refund,
)
from allsquare.payments.models import Dispute, Payment, Refund
from allsquare.payments.states import DisputeState, PaymentState, RefundState
from allsquare.web.console.forms.fields import DateField
from allsquare.web.console.forms.money import new_key
from allsquare.web.ui.typed import MoneyField

CAME, NOT = "came", "not"
WENT = "went"
WON, LOST = "won", "lost"


class _EndForm(forms.Form):
    """What was seen, how it is known, and the hidden key that makes a repeat harmless."""

    said = forms.ChoiceField(label=gettext_lazy("What you see there"), widget=forms.RadioSelect)
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        label=gettext_lazy("How you know it"),
        help_text=gettext_lazy(
            "For example what the provider's page or its support says, and when. It stays in the record."
        ),
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def offer(self, *choices: tuple[str, Any], but: str = "") -> None:
        """All but one that was said already. What is sent a second time is found as the first time left it, so any is
        taken: the service knows the key."""
        offered = [choice for choice in choices if choice[0] != but]
        self.offered = frozenset(name for name, _words in offered)
        shown = list(choices) if self.is_bound else offered
        self.fields["said"].choices = shown  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["key"].initial = new_key()
        if len(offered) == 1:
            self.fields["said"].initial = offered[0][0]

    def _need(self, name: str, sentence: str) -> None:
        if name not in self.errors and self.cleaned_data.get(name) is None:
            self.add_error(name, sentence)


class PaymentEndForm(_EndForm):
    """It came, with what, or it did not. Of what a colleague said already the other way alone is offered."""

    received_on = DateField(label=gettext_lazy("Received on"), required=False)
    reference = forms.CharField(
        max_length=120,
        required=False,
        label=gettext_lazy("Provider's reference"),
        help_text=gettext_lazy("What the provider calls it, where you can see it. Else leave this empty."),
    )

    def __init__(self, payment: Payment, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = currency(payment.currency)
        self.fields["amount"] = MoneyField(
            currency=unit,
            required=False,
            label=gettext_lazy("Amount"),
            initial=Money(payment.amount_minor, unit),
            help_text=gettext_lazy("All that the payer gave, before the fee."),
        )
        self.fields["fee"] = MoneyField(
            currency=unit, required=False, label=gettext_lazy("Provider's fee"), initial=Money.zero(unit)
        )
        self.fields["received_on"].initial = today
        self.fields["reference"].initial = payment.reference or ""
        came, missed = (CAME, gettext_lazy("It came")), (NOT, gettext_lazy("It did not come"))
        said = CAME if payment.state == PaymentState.SUCCEEDED else NOT
        self.offer(missed, came, but=said if is_said_of_payment(payment) else "")
        self.order_fields(["said", "amount", "fee", "received_on", "reference", "reason", "key"])

    @property
    def may_have_come(self) -> bool:
        return CAME in self.offered

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("said") == CAME:
            self._need("amount", _("Enter an amount above zero."))
            self._need("received_on", _("Enter the day on which it came."))
        return cleaned

    def came(self) -> Came | None:
        given = self.cleaned_data
        if given["said"] != CAME:
            return None
        amount: Money = given["amount"]
        fee: Money = given["fee"] or Money.zero(amount.currency)
        return Came(amount, fee, given["received_on"], given["reference"])


class RefundEndForm(_EndForm):
    def __init__(self, refund: Refund, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        went, stayed = (WENT, gettext_lazy("It went to the payer")), (NOT, gettext_lazy("It did not go"))
        said = WENT if refund.state == RefundState.SUCCEEDED else NOT
        self.offer(stayed, went, but=said if is_said_of_refund(refund) else "")
        self.order_fields(["said", "reason", "key"])


class DisputeEndForm(_EndForm):
    def __init__(self, dispute: Dispute, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = currency(dispute.currency)
        self.fields["amount"] = MoneyField(
            currency=unit,
            required=False,
            label=gettext_lazy("Lost"),
            initial=Money(dispute.amount_minor, unit),
            help_text=gettext_lazy("Less than all of it, where an offer of a part was accepted."),
        )
        won, lost = (WON, gettext_lazy("It is won")), (LOST, gettext_lazy("It is lost"))
        said = WON if dispute.state == DisputeState.WON else LOST
        self.offer(lost, won, but=said if is_said_of_dispute(dispute) else "")
        self.order_fields(["said", "amount", "reason", "key"])

    @property
    def may_be_lost(self) -> bool:
        return LOST in self.offered

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("said") == LOST:
            self._need("amount", _("Enter an amount above zero."))
        return cleaned

    def lost(self) -> Money | None:
        amount: Money | None = self.cleaned_data["amount"]
        return amount if self.cleaned_data["said"] == LOST else None
