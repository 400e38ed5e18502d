"""Who buys by a payment link, as a customer."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.core.actor import SYSTEM
from allsquare.core.transactions import serialize
from allsquare.customers.models import Customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.identity.models import Organization
from allsquare.selling.models import PaymentLink, Sale


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who buys, as they typed it."""

    name: str = ""
    email: str = ""
    language: str

    @property
    def is_at_counter(self) -> bool:
        """Did they say nothing of who they are?"""
        return not (self.name.strip() or self.email.strip())


def customer_of(organization: Organization, link: PaymentLink, buyer: Buyer) -> Customer:
    """A new one, of what was typed and nothing else; one for all who typed nothing. Inside the caller's transaction.

    Anybody may type any address, so nobody becomes a customer who is there already, not even one whom a sale made: what
    is known of that one by now, or tomorrow, stands on invoices and receipts. The system enters them.
    """
    if buyer.is_at_counter:
        return _at_counter(organization, link)
    email = buyer.email.strip().lower()
    return create_customer(
        organization=organization,
        name=buyer.name.strip()[:200] or email.partition("@")[0],
        actor=SYSTEM,
        kind=Customer.Kind.PERSON,
        email=email,
        language=buyer.language,
        currency=link.currency,
    )


def _at_counter(organization: Organization, link: PaymentLink) -> Customer:
    """Whom the last sale of this kind was made to. Who makes the first one waits for another who does."""
    latest = _latest_at_counter(organization, link.currency)
    if latest is None:
        serialize(f"counter of {organization.id}")
        latest = _latest_at_counter(organization, link.currency)
    if latest is not None:
        return latest.customer
    with translation.override(organization.language):
        name = _("Counter sales")
    return create_customer(organization=organization, name=name, actor=SYSTEM, currency=link.currency)


def _latest_at_counter(organization: Organization, currency: str) -> Sale | None:
    before = Sale.objects.filter(
        organization=organization, at_counter=True, currency=currency, customer__archived_at__isnull=True
    )
    return before.select_related("customer").order_by("-id").first()
