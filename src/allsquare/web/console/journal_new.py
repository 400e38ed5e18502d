"""A booking by hand: rows of debits and credits whose balance is shown while somebody types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import clock
from allsquare.core.currencies import Currency, currency
from allsquare.core.errors import AllsquareError, Conflict, InvalidInput, NotFound
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.ledger.selectors import bookable_accounts
from allsquare.ledger.services.post_manual import MEMO_LENGTH, ManualLine, post_manual
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import blame
from allsquare.web.console.forms.fields import Choices, DateField, currency_choices
from allsquare.web.console.forms.money import new_key
from allsquare.web.ui.typed import MoneyField

_FIRST_ROWS: Final = 4
_MOST_ROWS: Final = 100


class EntryForm(forms.Form):
    """The head of the booking."""

    date = DateField(label=gettext_lazy("Date"))
    memo = forms.CharField(
        max_length=MEMO_LENGTH,
        label=gettext_lazy("What for"),
        help_text=gettext_lazy("It stays in the record."),
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)
    rows = forms.IntegerField(min_value=2, max_value=_MOST_ROWS, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currency_choices()  # type: ignore[attr-defined]  # a ChoiceField


class RowForm(forms.Form):
    """One line; an empty row is left out."""

    account = forms.ChoiceField(required=False, label=gettext_lazy("Account"))

    def __init__(self, unit: Currency, accounts: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [("", ""), *accounts]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["debit"] = MoneyField(currency=unit, required=False, label=_("Debit"))
        self.fields["credit"] = MoneyField(currency=unit, required=False, label=_("Credit"))

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        debit, credit = data.get("debit"), data.get("credit")
        if debit and credit:
            self.add_error("credit", _("A row is a debit or a credit, not both."))
        for name in ("debit", "credit"):
            if data.get(name) and data[name].minor < 0:
                self.add_error(name, _("Write it without a sign, on the other side."))
        if (debit or credit) and not data.get("account"):
            self.add_error("account", _("Which account?"))
        if data.get("account") and not debit and not credit and not self.errors:
            self.add_error("debit", _("How much?"))
        return data

    def line(self) -> ManualLine | None:
        amount = self.cleaned_data.get("debit") or -(
            self.cleaned_data.get("credit") or Money.zero(self._unit)
        )
        return (
            ManualLine(UUID(self.cleaned_data["account"]), amount) if self.cleaned_data["account"] else None
        )

    @property
    def _unit(self) -> Currency:
        field = self.fields["debit"]
        if not isinstance(field, MoneyField):
            raise TypeError("debit is an amount")
        return field.currency


@dataclass(frozen=True, slots=True)
class Sums:
    """Both sides as they stand, and what is missing on one of them."""

    debit: Money
    credit: Money

    @property
    def missing(self) -> Money:
        return abs(self.debit - self.credit)

    @property
    def side(self) -> str:
        return "credit" if self.debit.minor > self.credit.minor else "debit"


class EntryEditor:
    """The whole form over what was typed. ``checked`` shows what is wrong with it."""

    def __init__(self, organization: Organization, values: Mapping[str, str], *, checked: bool) -> None:
        self.head = EntryForm(values) if checked else EntryForm(initial=dict(values))
        code = values.get("currency") or organization.base_currency
        try:
            self.unit = currency(code)
        except AllsquareError:
            self.unit = currency(organization.base_currency)
        accounts: Choices = [(str(each.id), str(each)) for each in bookable_accounts(organization)]
        text = values.get("rows", "")
        count = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else _FIRST_ROWS
        self.count = min(max(count, 2), _MOST_ROWS)
        self.rows = [
            RowForm(self.unit, accounts, values, prefix=f"row-{place}")
            if checked
            else RowForm(self.unit, accounts, initial=_row_of(values, place), prefix=f"row-{place}")
            for place in range(self.count)
        ]
        self._typed = [RowForm(self.unit, accounts, values, prefix=f"row-{n}") for n in range(self.count)]

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), *(row.is_valid() for row in self.rows)])

    def lines(self) -> list[ManualLine]:
        return [line for row in self.rows if (line := row.line()) is not None]

    @property
    def sums(self) -> Sums:
        """Of the figures that can be read."""
        for row in self._typed:
            row.is_valid()
        zero = Money.zero(self.unit)
        sides = [
            Money.total((row.cleaned_data.get(side) or zero for row in self._typed), self.unit)
            for side in ("debit", "credit")
        ]
        return Sums(*sides)


def _row_of(values: Mapping[str, str], place: int) -> dict[str, str]:
    return {name: values.get(f"row-{place}-{name}", "") for name in ("account", "debit", "credit")}


@staff(Permission.POST_JOURNAL, keeps_form=True)
def entry_new(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    if request.method != "POST":
        kept = kept_form.take(request)
        values = kept.dict() if kept else _fresh(organization)
        return _show(request, EntryEditor(organization, _texts(values), checked=False))
    values = _texts(request.POST.dict())
    if "more" in values:
        count = EntryEditor(organization, values, checked=False).count + 1
        return _show(request, EntryEditor(organization, {**values, "rows": str(count)}, checked=False))
    editor = EntryEditor(organization, values, checked=True)
    made = _post(request, editor) if editor.is_valid() else None
    if made is None:
        return _show(request, editor, status=422)
    messages.success(request, _("The booking is posted."))
    return redirect("console:entry", made)


def _fresh(organization: Organization) -> dict[str, str]:
    return {
        "date": clock.today(organization).isoformat(),
        "currency": organization.base_currency,
        "key": new_key(),
        "rows": str(_FIRST_ROWS),
    }


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _post(request: ConsoleRequest, editor: EntryEditor) -> UUID | None:
    head = editor.head.cleaned_data
    try:
        return post_manual(
            organization=request.access.organization,
            on=head["date"],
            memo=head["memo"],
            lines=editor.lines(),
            key=f"console:{head['key']}",
            actor=request.access.actor,
        )
    except (InvalidInput, Conflict, NotFound) as error:
        blame(editor.head, error)
        return None


def _show(request: ConsoleRequest, editor: EntryEditor, *, status: int = 200) -> HttpResponse:
    return render(
        request, "console/books/entry_new.html", {"editor": editor, "sums": editor.sums}, status=status
    )


@post_only
@staff(Permission.POST_JOURNAL)
def entry_balance(request: ConsoleRequest) -> HttpResponse:
    """Both sides as they stand, for the page to show while somebody types."""
    editor = EntryEditor(request.access.organization, _texts(request.POST.dict()), checked=False)
    return render(request, "console/books/_balance.html", {"sums": editor.sums})
