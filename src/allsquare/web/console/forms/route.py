"""A rule for who takes which payments, and a payment to try the rules with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import currency
from allsquare.core.errors import AllsquareError
from allsquare.core.money import Money
from allsquare.customers.models import CustomerGroup
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, PaymentRoute
from allsquare.payments.routing import Question
from allsquare.payments.services.put_route import RouteWish
from allsquare.web.console.forms.fields import FigureField, currency_choices, figure_text
from allsquare.web.console.shown import METHODS

#: Accounts that a rule names at most.
PLACES: Final = 4
#: What nobody pays at a provider.
_BY_HAND: Final = (MethodKind.CASH, MethodKind.CHEQUE)


def method_choices() -> list[tuple[str, Any]]:
    return [(kind.value, METHODS[kind]) for kind in MethodKind if kind not in _BY_HAND]


class RouteForm(forms.Form):
    """The service checks everything again. Conditions that are left empty are none."""

    method = forms.ChoiceField(required=False, label=_("Way to pay"))
    group_id = forms.ChoiceField(required=False, label=_("Customer group"))
    currency = forms.ChoiceField(required=False, label=_("Currency"))
    least_minor = FigureField(required=False, max_digits=15, decimal_places=4, label=_("From"))
    most_minor = FigureField(
        required=False,
        max_digits=15,
        decimal_places=4,
        label=_("Up to"),
        help_text=_("Both sums are included."),
    )

    def __init__(
        self,
        accounts: Sequence[GatewayAccount],
        groups: Sequence[CustomerGroup],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.has_groups = bool(groups)
        _offer(self, "method", [("", _now("Every way to pay")), *method_choices()])
        _offer(
            self,
            "group_id",
            [("", _now("All customers")), *((str(group.id), group.name) for group in groups)],
        )
        _offer(self, "currency", currency_choices(blank=_now("Every currency")))
        for place in range(min(len(accounts), PLACES)):
            label = _now("First") if place == 0 else _now("If it is down")
            choice = forms.ChoiceField(required=place == 0, label=label)
            self.fields[f"account_{place}"] = choice
            nobody = _now("Choose") if place == 0 else _now("Nobody")
            _offer(
                self,
                f"account_{place}",
                [("", nobody), *((str(account.id), _named(account)) for account in accounts)],
            )

    def places(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("account_")]

    def wish(self) -> RouteWish:
        """Raises ``InvalidInput`` for a sum that the currency cannot have."""
        given = self.cleaned_data
        code = given["currency"]
        chosen = [given[name] for name in self.fields if name.startswith("account_")]
        return RouteWish(
            accounts=tuple(UUID(each) for each in chosen if each),
            currency=code,
            method=given["method"],
            least_minor=_minor(given["least_minor"], code, "least_minor"),
            most_minor=_minor(given["most_minor"], code, "most_minor"),
            group_id=UUID(given["group_id"]) if given["group_id"] else None,
        )

    def add_error(self, field: str | None, error: Any) -> None:
        """The service speaks of ``accounts``, the page asks for them one by one."""
        super().add_error("account_0" if field is None and "account_0" in self.fields else field, error)


class TryForm(forms.Form):
    """A payment that nobody makes."""

    method = forms.ChoiceField(label=_("Way to pay"))
    amount = FigureField(max_digits=15, decimal_places=4, label=_("Amount"))
    currency = forms.ChoiceField(label=_("Currency"))
    group_id = forms.ChoiceField(required=False, label=_("Customer group"))

    def __init__(
        self,
        organization: Organization,
        groups: Sequence[CustomerGroup],
        typed: Mapping[str, Any] | None = None,
    ) -> None:
        start = {
            "currency": organization.base_currency,
            "method": MethodKind.CARD.value,
            "amount": Decimal(100),
        }
        super().__init__(typed, initial=start, auto_id="try-%s")
        self.has_groups = bool(groups)
        _offer(self, "method", method_choices())
        _offer(self, "currency", currency_choices())
        _offer(self, "group_id", [("", _now("None")), *((str(group.id), group.name) for group in groups)])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("amount") is not None and given.get("currency"):
            try:
                given["money"] = Money.parse(figure_text(given["amount"]), given["currency"])
            except AllsquareError as error:
                self.add_error("amount", error.message)
            else:
                if given["money"].minor <= 0:
                    self.add_error("amount", _now("Give an amount above zero."))
        return given

    def question(self) -> Question:
        given = self.cleaned_data
        group = UUID(given["group_id"]) if given["group_id"] else None
        return Question(given["money"], MethodKind(given["method"]), group)


def values_of(route: PaymentRoute) -> Mapping[str, object]:
    """What the form shows of a rule."""
    code = route.currency.strip()

    def shown(minor: int | None) -> Decimal | None:
        return None if minor is None else Money(minor, currency(code)).decimal

    return {
        "method": route.method,
        "group_id": route.group_id or "",
        "currency": code,
        "least_minor": shown(route.least_minor),
        "most_minor": shown(route.most_minor),
        **{f"account_{place}": str(each) for place, each in enumerate(route.accounts)},
    }


def _named(account: GatewayAccount) -> str:
    if account.enabled:
        return account.label
    return _now("%(account)s (switched off)") % {"account": account.label}


def _minor(figure: Decimal | None, code: str, field: str) -> int | None:
    """Without a currency the service says what is missing, and any number will do."""
    if figure is None:
        return None
    if not code:
        return 0
    try:
        return Money.parse(figure_text(figure), code).minor
    except AllsquareError as error:
        error.field = field
        raise


def _offer(form: forms.Form, name: str, choices: list[tuple[str, Any]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
