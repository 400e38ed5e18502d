"""What somebody who buys may choose and type."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.selling.errors import InvalidSale
from allsquare.selling.models import PaymentLink
from allsquare.selling.wishes import Wish, wish_of
from allsquare.web.ui.typed import MoneyField

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """As typed, and what it comes to; without a ``wish`` there is an ``error`` at ``field``, or nothing chosen yet."""

    quantity: str
    price: str
    other: str
    tip: str
    wish: Wish | None = None
    error: str = ""
    field: str = ""


def choice_of(link: PaymentLink, given: QueryDict) -> Choice:
    """A link without choices needs none."""
    quantity, price, other, tip = (
        given.get(name, "").strip()[:_LONGEST] for name in ("quantity", "price", "other", "tip")
    )
    typed = Choice(quantity or "1", price, other, tip)
    if link.has_choices and not (quantity or price or other or tip):
        return typed
    try:
        wish = wish_of(
            link,
            quantity=_whole(typed.quantity, "quantity"),
            price=_price(link, other or price),
            tip_percent=_whole(tip or "0", "tip"),
        )
    except InvalidSale as problem:
        return replace(typed, error=problem.message, field=problem.field or "")
    return replace(typed, wish=wish)


def too_many(choice: Choice, left: int) -> Choice:
    """It is more than there is."""
    words = ngettext("Only %(left)s is left. Choose fewer.", "Only %(left)s are left. Choose fewer.", left)
    return replace(choice, wish=None, error=words % {"left": left}, field="quantity")


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise InvalidSale(_("Write a whole number."), field=field)
    return int(text)


def _price(link: PaymentLink, text: str) -> Money | None:
    if link.price_minor is not None or not text:
        return None
    try:
        found: Money | None = MoneyField(currency=currency(link.currency)).clean(text)
    except ValidationError as problem:
        raise InvalidSale(" ".join(problem.messages), field="price") from problem
    return found


class BuyForm(forms.Form):
    """What the button sends beside the choices: the sum that it showed, a name for this press, the way, and who."""

    amount = forms.IntegerField(min_value=1)
    currency = forms.CharField(max_length=3)
    nonce = forms.RegexField(r"^[A-Za-z0-9_-]{22}$")
    method = forms.CharField(max_length=100)
    email = forms.EmailField(required=False, max_length=254)
    name = forms.CharField(required=False, max_length=200)
