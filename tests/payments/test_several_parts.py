"""Of several invoices that are paid together, a part of some; and what nobody may ask for."""

from __future__ import annotations

from uuid import UUID

import pytest

from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.idempotency import KeyReused
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import InvalidPayment, InvoiceNotPayable, PartRefused, PaymentUnderWay
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.allow_parts import allow_parts
from allsquare.payments.several import MOST
from tests.payments.flows import pay
from tests.payments.makers import ScriptedGateway, charge, eur
from tests.payments.several import begin, came, together
from tests.payments.test_several import payer, standing, three


@pytest.mark.parametrize("actor", [SYSTEM, None], ids=["a clerk", "the payer"])
@pytest.mark.parametrize(
    ("shares", "on_account", "words"),
    [
        ({UUID(int=n): 100 for n in range(1, MOST + 2)}, 0, "At most 100 invoices"),
        ({UUID(int=1): 100, UUID(int=2): 0}, 0, "above zero"),
        ({UUID(int=1): 100, UUID(int=2): -1}, 0, "above zero"),
        ({UUID(int=1): 100}, -1, "above zero"),
    ],
)
def test_what_nobody_may_ask_for(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    shares: dict[UUID, int],
    on_account: int,
    words: str,
    actor: Actor | None,
) -> None:
    Organization.objects.filter(id=organization.id).update(on_account=True)
    asked = together(customer, account, shares, on_account=on_account)
    with pytest.raises(InvalidPayment, match=words):
        begin(asked, customer, actor=actor or payer(customer))
    assert not ScriptedGateway.asked


def test_as_many_as_a_payment_takes_are_not_too_many(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """They are looked for, and are not there."""
    asked = together(customer, account, {UUID(int=n): 100 for n in range(1, MOST + 1)})
    with pytest.raises(InvoiceNotPayable):
        begin(asked, customer)


def test_a_part_of_one_that_is_being_paid_says_nothing_of_the_others(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """By whoever may pay in parts: of each invoice what is left beyond its own payments, and no more."""
    Organization.objects.filter(id=organization.id).update(part_payments=True)
    organization.refresh_from_db()
    one, other, _third = three(organization, customer)
    pay(one, account, amount=eur(6000), answer=charge(Status.PENDING, reference="ch_1"))
    for minor in (4001, 10000):
        with pytest.raises(PaymentUnderWay):
            begin(
                together(customer, account, {one.id: minor, other.id: 500}),
                customer,
                actor=payer(customer),
            )
    asked = together(customer, account, {one.id: 4000, other.id: 2000})
    payment = begin(asked, customer, actor=payer(customer), answer=charge(Status.PENDING, reference="ch_2"))
    came(payment, account, 6000)
    assert standing([one, other]) == [("partly_paid", 4000), ("paid", 2000)]


def test_a_part_is_a_part_where_parts_are_allowed(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The business's rule, its smallest part, and what was agreed for one invoice alone hold for a payer; a colleague
    asks for what was said on the phone."""
    one, other, _third = three(organization, customer)

    def ask(minor: int, actor: Actor | None = None) -> Payment:
        asked = together(customer, account, {one.id: minor, other.id: 2000})
        refusal = charge(Status.DECLINED, code="card_declined")
        return begin(asked, customer, actor=actor or payer(customer), answer=refusal)

    with pytest.raises(PartRefused):
        ask(9999)
    allow_parts(organization=organization, invoice_id=one.id, allowed=True, actor=SYSTEM)
    organization.least_part_percent = 25
    organization.save()
    with pytest.raises(PartRefused, match=r"25\.00"):
        ask(2499)
    assert ask(2500).state == "declined"
    organization.part_payments = True
    organization.save()
    allow_parts(organization=organization, invoice_id=one.id, allowed=False, actor=SYSTEM)
    with pytest.raises(PartRefused):
        ask(2500)
    assert ask(1, SYSTEM).state == "declined"


def test_the_same_key_for_other_shares_is_another_wish(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The same invoices and the same sum, divided otherwise."""
    one, other, _third = three(organization, customer)
    shares = {one.id: 1000, other.id: 2000}
    begin(
        together(customer, account, shares),
        customer,
        answer=charge(Status.PENDING, reference="ch_1"),
        key="press",
    )
    with pytest.raises(KeyReused):
        begin(together(customer, account, {one.id: 2000, other.id: 1000}), customer, key="press")
