"""What finds an invoice, the same in its list, in the search at the top and for other packages."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from allsquare.billing.models import Invoice
from allsquare.billing.words import INVOICE_WORDS
from allsquare.core.currencies import current_currencies
from allsquare.core.listing.search import Search
from allsquare.core.money import InvalidAmount, Money
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization

_BY_DECIMALS: Final[dict[int, list[str]]] = {}
for _currency in current_currencies():
    _BY_DECIMALS.setdefault(_currency.exponent, []).append(_currency.code)


def search_invoices(organization: Organization, search: Search) -> Q:
    """Numbers and references by their own words, every invoice of the customers that the words find, and totals
    (``1190``, ``1190.00`` or ``1190,00``)."""
    customers = search.related(Customer.objects.filter(organization=organization), CUSTOMER_WORDS)
    # What costs least to look at comes first: a row that is walked over is compared in this order.
    return (
        Q(customer_id__in=customers)
        | totals_like(organization, search.text)
        | search.own(Invoice.objects.filter(organization=organization), INVOICE_WORDS)
    )


def totals_like(organization: Organization, text: str, amount: str = "total_minor") -> Q:
    """Rows whose ``amount`` reads like ``text``, with the decimals of its currency. No condition for other words."""
    found = Q()
    for codes in _BY_DECIMALS.values():
        try:
            minor = Money.parse(text.replace(",", "."), codes[0]).minor
        except InvalidAmount:
            continue
        # The organization once more: with it, this part of an OR is answered by the index of amounts.
        found |= Q(organization=organization, currency__in=codes, **{amount: minor})
    return found
