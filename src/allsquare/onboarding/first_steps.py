"""The way from an empty organization to the first money, told from facts: nobody ticks anything off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef

from allsquare.billing.models import Invoice
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.payments.states import PaymentState


class Step(StrEnum):
    COMPANY = "company"
    LOGO = "logo"
    CUSTOMER = "customer"
    INVOICE = "invoice"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Every step in its order, and whether it is done."""

    steps: tuple[tuple[Step, bool], ...]

    @property
    def done(self) -> int:
        return sum(done for _, done in self.steps)

    @property
    def next(self) -> Step | None:
        return next((step for step, done in self.steps if not done), None)


def first_steps(organization: Organization) -> FirstSteps:
    """One query."""
    found = Organization.objects.filter(id=organization.id).values_list(
        Exists(Customer.objects.filter(organization=OuterRef("id"))),
        Exists(Invoice.objects.filter(organization=OuterRef("id"), number__isnull=False)),
        Exists(Payment.objects.filter(organization=OuterRef("id"), state=PaymentState.SUCCEEDED)),
    )
    customer, invoice, payment = found.get()
    facts = {
        Step.COMPANY: bool(organization.street and organization.city and organization.email),
        Step.LOGO: bool(organization.logo_type),
        Step.CUSTOMER: customer,
        Step.INVOICE: invoice,
        Step.PAYMENT: payment,
    }
    return FirstSteps(tuple((step, facts[step]) for step in Step))
