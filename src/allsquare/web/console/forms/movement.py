"""What moved a provider's account beside payments, refunds, disputes and payouts, as a person records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import Currency, currency
from allsquare.core.errors import AllsquareError
from allsquare.core.money import Money
from allsquare.payments.models import ProviderMovement
from allsquare.payments.services.record_movement import MEMO_LENGTH, REFERENCE_LENGTH
from allsquare.web.console.forms.fields import Choices, DateField, currency_choices
from allsquare.web.ui.typed import MoneyField

WENT: Final = "went"
CAME: Final = "came"


class MovementForm(forms.Form):
    """The amount is without a sign; ``direction`` says which way it moved. It carries a hidden key, made when the page
    is: sent twice it is one movement."""

    provider = forms.ChoiceField(label=_("At which provider"))
    direction = forms.ChoiceField(
        choices=[(WENT, _("It went from the account there")), (CAME, _("It came to the account there"))],
        label=_("Which way"),
        widget=forms.RadioSelect,
    )
    currency = forms.ChoiceField(label=_("Currency"))
    kind = forms.ChoiceField(choices=ProviderMovement.Kind.choices, label=_("What it was"))
    account = forms.ChoiceField(
        required=False,
        label=_("Other side in the books"),
        help_text=_(
            "As usual: fees on payment fees, what goes to or comes from the bank on the bank account, a currency "
            "exchange on exchange gains and losses, all else on other income and expenses."
        ),
    )
    moved_on = DateField(label=_("On which day"), help_text=_("As the provider has it."))
    memo = forms.CharField(
        max_length=MEMO_LENGTH, label=_("What for"), help_text=_("It stays in the record.")
    )
    reference = forms.CharField(
        max_length=REFERENCE_LENGTH,
        required=False,
        label=_("Reference"),
        help_text=_("Its name at the provider, if it has one. Under it, it is recorded once."),
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(
        self, unit: Currency, providers: Choices, accounts: Choices, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: Mapping[str, Choices] = {
            "provider": providers,
            "currency": currency_choices(),
            "account": [("", str(_("as usual"))), *accounts],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]  # all are ChoiceFields
        self.fields["amount"] = MoneyField(currency=unit, label=_("Amount"))
        self.order_fields(
            ["provider", "kind", "direction", "amount", "currency", "moved_on", "memo", "account"]
        )

    def clean_amount(self) -> Money | None:
        """Which way it moved is said beside it."""
        amount: Money | None = self.cleaned_data["amount"]
        if amount is not None and amount.minor <= 0:
            raise forms.ValidationError(_("Enter an amount above zero, and say which way it moved."))
        return amount

    @property
    def moved(self) -> Money:
        amount: Money = self.cleaned_data["amount"]
        return amount if self.cleaned_data["direction"] == CAME else -amount

    @property
    def other_side(self) -> UUID | None:
        chosen = self.cleaned_data["account"]
        return UUID(chosen) if chosen else None


def unit_of(code: str, usual: str) -> Currency:
    """The currency that was chosen, as far as it is one."""
    try:
        return currency(code or usual)
    except AllsquareError:
        return currency(usual)
