"""What finds a payment, the same in its list, in the search at the top and for other packages."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from allsquare.billing.models import Invoice
from allsquare.billing.words import INVOICE_WORDS
from allsquare.core.listing.search import few_or_all, matching
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount


def search_payments(organization: Organization, text: str) -> Q:
    """Payments of the customers and for the invoices that the words find, or by the provider's whole reference."""
    customers = Customer.objects.filter(organization=organization).filter(matching(CUSTOMER_WORDS, text))
    invoices = Invoice.objects.filter(organization=organization).filter(matching(INVOICE_WORDS, text))
    return (
        Q(customer_id__in=few_or_all(customers))
        | Q(invoice_id__in=few_or_all(invoices))
        | Q(gateway_account_id__in=_accounts(organization), reference=text.strip())
    )


def _accounts(organization: Organization) -> list[UUID]:
    """Every gateway account: a reference is known by its account."""
    return list(GatewayAccount.objects.filter(organization=organization).values_list("id", flat=True))
