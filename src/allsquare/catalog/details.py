"""What an item's record says, and what of it is accepted."""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.catalog.errors import ItemCodeTaken
from allsquare.catalog.models import Item
from allsquare.core import checks
from allsquare.tax.categories import TaxCategory


class ItemDetails(TypedDict, total=False):
    """The fields that people may fill in; see the model."""

    kind: str
    code: str
    description: str
    unit: str
    currency: str
    tax_category: str


class ChangedDetails(ItemDetails, total=False):
    """For a change, name and price are fields like the others."""

    name: str
    unit_price: Decimal


def check(item: Item) -> None:
    """Tidy every field in place. Raises ``FieldErrors`` naming every field that is wrong.

    A price may be below zero: a deposit returned, a voucher.
    """
    checks.tidy(
        item,
        {
            "name": checks.needed(_lazy("The item needs a name.")),
            "unit": checks.unit_code,
            "currency": checks.money_code,
            "tax_category": lambda code: TaxCategory.of(code).value,
        },
    )


def save(item: Item) -> None:
    """Raises :class:`ItemCodeTaken` when another item has the code: the database knows, even in a race."""
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as error:
        if "item_code_once" not in str(error):
            raise
        raise ItemCodeTaken(
            _("Another item has the code %(code)s. Choose another code.") % {"code": item.code}, field="code"
        ) from error
