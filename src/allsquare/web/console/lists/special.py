"""What single columns show in their own way: links to what they name, codes in words, a cell of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from allsquare.core.listing import Row

_Where = tuple[str, str]


def _customer(row: Row) -> str:
    name = row.item.customer_id
    return reverse("console:customer", args=[name]) if name else ""


#: The page behind a cell, empty where there is none.
LINKS: Final[dict[_Where, Callable[[Row], str]]] = {
    ("invoices", "customer"): _customer,
}

#: Codes as people say them.
WORDS: Final[dict[_Where, Callable[[str], str]]] = {}

#: Cells that are more than their value.
SPECIAL: Final[dict[_Where, Callable[[Row], SafeString]]] = {
    ("invoices", "number"): lambda row: format_html("{}", row.item.number or _("Draft")),
}
