"""What finds a payment, the same in its list, in the search at the top and for other packages."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q

from allsquare.billing.models import Invoice
from allsquare.billing.words import INVOICE_WORDS
from allsquare.core.listing.search import Search
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount, PaymentShare
from allsquare.payments.registry import adapters_with
from allsquare.payments.states import PaymentState


def search_payments(organization: Organization, search: Search) -> Q:
    """Payments of the customers and for the invoices that the words find, or by the provider's whole reference, or by
    that of a transfer which is waited for."""
    awaited = _awaited(search.text)
    if awaited is not None:
        return awaited
    customers = search.related(Customer.objects.filter(organization=organization), CUSTOMER_WORDS)
    invoices = search.related(Invoice.objects.filter(organization=organization), INVOICE_WORDS)
    shares = PaymentShare.objects.filter(organization=organization, invoice_id__in=invoices)
    return (
        Q(customer_id__in=customers)
        | Q(invoice_id__in=invoices)
        | Q(id__among=ArraySubquery(shares.values("payment_id")))
        | Q(gateway_account_id__in=_accounts(organization), reference=search.text)
    )


#: See ``shares.transfer_number``, as it stands on the bank's statement.
_TRANSFER: Final = re.compile(r"(?:RF\d\d)?P([0-9A-F]{12})")


def _awaited(text: str) -> Q | None:
    """By the reference of a transfer for several invoices. They are few, and each is looked at."""
    found = _TRANSFER.fullmatch(text.replace(" ", "").upper())
    if found is None:
        return None
    waiting = Q(state=PaymentState.PENDING, gateway__in=adapters_with(Capability.AWAITED))
    return waiting & Q(id__endswith=found[1].lower())


def _accounts(organization: Organization) -> list[UUID]:
    """Every gateway account: a reference is known by its account."""
    return list(GatewayAccount.objects.filter(organization=organization).values_list("id", flat=True))
