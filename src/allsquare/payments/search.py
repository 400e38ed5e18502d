"""What finds a payment, the same in its list, in the search at the top and for other packages."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from allsquare.billing.models import Invoice
from allsquare.billing.words import INVOICE_WORDS
from allsquare.core.listing.search import Search
from allsquare.customers.models import Customer
from allsquare.customers.words import CUSTOMER_WORDS
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount, PaymentShare


def search_payments(organization: Organization, search: Search) -> Q:
    """Payments of the customers and for the invoices that the words find, or by the provider's whole reference."""
    customers = search.related(Customer.objects.filter(organization=organization), CUSTOMER_WORDS)
    invoices = search.related(Invoice.objects.filter(organization=organization), INVOICE_WORDS)
    shares = PaymentShare.objects.filter(organization=organization, invoice_id__in=invoices)
    return (
        Q(customer_id__in=customers)
        | Q(invoice_id__in=invoices)
        | Q(id__in=shares.values("payment_id"))
        | Q(gateway_account_id__in=_accounts(organization), reference=search.text)
    )


def _accounts(organization: Organization) -> list[UUID]:
    """Every gateway account: a reference is known by its account."""
    return list(GatewayAccount.objects.filter(organization=organization).values_list("id", flat=True))
