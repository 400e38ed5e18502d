"""Payers who come by a link, for tests of how they are judged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import customer_actor
from allsquare.core.currencies import currency
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments import risk_reader
from allsquare.payments.gateway import MethodKind, Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.start import start_payment
from allsquare.risk.models import RiskAssessment
from tests import factories
from tests.payments.makers import ScriptedGateway, a_key, charge, issued_invoice


def payer_of(organization: Organization, number: int = 0, **more: Any) -> Customer:
    """Each has a mail address of their own."""
    facts: dict[str, Any] = {"name": f"Payer {number}", "email": f"payer-{number}@example.com", **more}
    return factories.make_customer(organization, **facts)


def come(
    invoice: Invoice,
    account: GatewayAccount,
    *,
    address: str = "203.0.113.7",
    answer: Outcome | None = None,
    method: MethodKind = MethodKind.CARD,
    key: str = "",
    **more: Any,
) -> Payment:
    """Somebody presses *Pay* under the invoice's link."""
    ScriptedGateway.answers.append(answer or declined())
    return start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=Money(invoice.open_minor, currency(invoice.currency)),
        method=method,
        gateway_account_id=account.id,
        key=key or a_key(),
        actor=customer_actor(invoice.customer_id, "Payer", address=address),
        return_url="https://shop.example/back",
        **more,
    )


def declined() -> Outcome:
    return charge(Status.DECLINED, code="stolen_card", message="The card was declined.")


def paid(invoice: Invoice, **more: Any) -> Outcome:
    money = Money(invoice.open_minor, currency(invoice.currency))
    return charge(reference=f"ch_{a_key()}", amount=money, fee=Money(30, money.currency), **more)


def declines(
    organization: Organization, account: GatewayAccount, times: int, *, address: str, first: int = 100
) -> None:
    """So many payers, one try each, all declined."""
    for number in range(first, first + times):
        come(issued_invoice(organization, payer_of(organization, number)), account, address=address)


def found(organization: Organization) -> list[RiskAssessment]:
    return list(RiskAssessment.objects.filter(organization=organization).order_by("id"))


def told(organization: Organization, start: str = "risk.") -> list[Event]:
    return list(Event.objects.filter(organization_id=organization.id, kind__startswith=start).order_by("id"))


def read_news(organization: Organization, payment: Payment | None = None) -> None:
    """The worker follows the log: all of it, or what is new since ``payment`` came."""
    events = Event.objects.filter(organization_id=organization.id).order_by("id")
    risk_reader.read(list(events.filter(subject_id=payment.id) if payment else events))


def make_older(organization: Organization, age: timedelta) -> None:
    then = clock.now(organization) - age
    RiskAssessment.objects.filter(organization=organization).update(created_at=then)
