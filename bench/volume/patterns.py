"""What every row is made like."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from bench.company import Company, issued_invoice, pay


@dataclass(frozen=True, slots=True)
class Patterns:
    """An invoice and its payment, made by the real services with all that belongs to them."""

    organization: Organization
    invoice: Invoice
    payment: Payment

    @classmethod
    def made(cls, owner: Company) -> Patterns:
        invoice = issued_invoice(owner)
        return cls(owner.organization, invoice, pay(owner, invoice))

    @property
    def event(self) -> UUID:
        found = Event.objects.filter(organization_id=self.organization.id, subject_id=self.invoice.id)
        return found.filter(kind="invoice.issued").get().id
