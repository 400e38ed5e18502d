"""A case may end with a part of its sum: the payer took what they were offered, and the rest came home."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import DisputeStage, Outcome
from allsquare.payments.models import Dispute, GatewayAccount, Payment
from tests.payments.flows import balances, final_state, paid, pay, take
from tests.payments.makers import charge, dispute_outcome, eur, issued_invoice, refund_outcome, usd
from tests.square import assert_all_square

OPENED, WON, LOST = DisputeStage.OPENED, DisputeStage.WON, DisputeStage.LOST

pytestmark = pytest.mark.django_db


def case(payment: Payment, stage: DisputeStage, minor: int = 10000) -> Outcome:
    return dispute_outcome(stage, reference="dp_1", amount=eur(minor), charge_reference=payment.reference)


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    return paid(organization, customer, account)


def test_the_rest_comes_home_and_the_customer_owes_no_more_than_they_got(
    organization: Organization, payment: Payment
) -> None:
    take(payment.gateway_account, case(payment, OPENED))
    take(payment.gateway_account, case(payment, LOST, 4000))
    payment.refresh_from_db()
    invoice = Invoice.objects.get(organization=organization)
    assert (payment.disputed_minor, invoice.state, invoice.open_minor) == (4000, "partly_paid", 4000)
    assert balances(organization) == {"clearing": 6000, "receivable": 4000, "sales": -10000}
    before = final_state(organization)
    for late in (case(payment, OPENED), case(payment, LOST, 4000), case(payment, LOST)):
        take(payment.gateway_account, late)
    assert final_state(organization) == before
    assert_all_square()


def test_what_was_lost_of_it_may_be_won_after_all(organization: Organization, payment: Payment) -> None:
    take(payment.gateway_account, case(payment, OPENED), case(payment, LOST, 4000))
    take(payment.gateway_account, case(payment, WON))
    payment.refresh_from_db()
    assert payment.disputed_minor == 0
    assert balances(organization) == {
        "clearing": 10000,
        "receivable": 4000,
        "customer_credit": -4000,
        "sales": -10000,
    }
    assert_all_square()


def test_a_part_of_what_was_given_back_before_is_a_loss(organization: Organization, payment: Payment) -> None:
    """80.00 had been given back: of the 40.00 that were lost the customer had only 20.00 left here."""
    back = refund_outcome(reference="re_1", amount=eur(8000), charge_reference=payment.reference)
    take(payment.gateway_account, back)
    take(payment.gateway_account, case(payment, OPENED), case(payment, LOST, 4000))
    assert balances(organization) == {
        "clearing": 10000 - 8000 - 4000,
        "receivable": 10000,
        "dispute_losses": 2000,
        "sales": -10000,
    }
    assert_all_square()


def test_in_another_currency_nothing_of_the_base_is_left(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """100.01 USD at 0.9; no part of the case stays on the account of disputed money."""
    yesterday = clock.today(organization) - timedelta(days=1)
    set_rate(organization=organization, currency="USD", valid_on=yesterday, rate=Decimal("0.9"), actor=SYSTEM)
    invoice = issued_invoice(organization, customer, total="100.01", currency_code="USD")
    payment = pay(
        invoice, account, amount=usd(10001), answer=charge(reference="ch_1", amount=usd(10001), fee=usd(0))
    )
    of = {"reference": "dp_1", "charge_reference": payment.reference}
    take(account, dispute_outcome(OPENED, amount=usd(10001), **of))
    take(account, dispute_outcome(LOST, amount=usd(3333), **of))
    dispute = Dispute.objects.get(organization=organization)
    assert (dispute.amount_minor, dispute.base_minor) == (3333, 3000)
    assert "disputed" not in balances(organization)
    assert balances(organization, "USD")["clearing"] == 6668
    assert_all_square()
