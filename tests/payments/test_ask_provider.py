"""A person asks the provider now."""

from __future__ import annotations

import pytest

from allsquare.billing.models import Invoice
from allsquare.core.errors import PermissionDenied
from allsquare.core.ids import new_id
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.errors import PaymentUnknown
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount
from allsquare.payments.services.ask_provider import ask_provider
from tests.factories import make_organization, member_actor
from tests.payments.flows import pay
from tests.payments.makers import ScriptedGateway, charge, eur, issued_invoice


def test_the_answer_goes_through_the_door(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = pay(issued_invoice(organization, customer), account, answer=charge(Status.UNKNOWN))
    ScriptedGateway.lookups.append(charge(reference="ch_1", amount=eur(10000)))
    clerk = member_actor(organization, Role.BILLING_CLERK)
    asked = ask_provider(organization=organization, payment_id=payment.id, actor=clerk)
    assert asked.state == "succeeded"
    assert Invoice.objects.get(organization=organization).state == "paid"
    again = ask_provider(organization=organization, payment_id=payment.id, actor=clerk)
    assert again.captured_minor == 10000  # nobody was asked: the script is empty


def test_who_may_not_record_payments_may_not_ask(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = pay(issued_invoice(organization, customer), account, answer=charge(Status.UNKNOWN))
    viewer = member_actor(organization, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        ask_provider(organization=organization, payment_id=payment.id, actor=viewer)


def test_another_organizations_payment_is_unknown(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = pay(issued_invoice(organization, customer), account, answer=charge(Status.UNKNOWN))
    other = make_organization()
    actor = member_actor(other)
    for payment_id in (payment.id, new_id()):
        with pytest.raises(PaymentUnknown):
            ask_provider(organization=other, payment_id=payment_id, actor=actor)
