"""Fault 9: the payer presses Pay twenty times at once."""

from __future__ import annotations

from functools import partial

import pytest

from allsquare.billing.models import Invoice
from allsquare.core.idempotency import KeyReused
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import PaymentUnderWay
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount, Payment
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.flows import pay, take
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

CLICKS = 20


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    """The provider takes its time, and would charge every request."""
    ScriptedGateway.delay = 0.3
    ScriptedGateway.answers.extend(
        charge(Status.PENDING, reference=f"ch_{number}") for number in range(CLICKS)
    )
    return issued_invoice(organization, customer)


def test_one_key_is_one_charge(organization: Organization, invoice: Invoice, account: GatewayAccount) -> None:
    answers = at_once([partial(pay, invoice, account, key="press")] * CLICKS)
    assert len(ScriptedGateway.asked) == 1
    assert len({payment.id for payment in succeeded(answers)}) == 1
    assert not failures(answers)
    take(account, charge(reference="ch_0", amount=eur(10000), fee=eur(175)))
    assert Payment.objects.get(organization=organization).state == "succeeded"
    assert_all_square()


def test_twenty_keys_are_one_payment_under_way(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    answers = at_once([partial(pay, invoice, account, key=a_key()) for _ in range(CLICKS)])
    assert len(ScriptedGateway.asked) == 1
    assert len(succeeded(answers)) == 1
    assert {type(failure) for failure in failures(answers)} == {PaymentUnderWay}
    assert Payment.objects.filter(organization=organization).count() == 1
    assert_all_square()


def test_control_without_the_invoices_lock_the_payer_is_charged_more_than_once(
    organization: Organization, invoice: Invoice, account: GatewayAccount, without_row_locks: None
) -> None:
    at_once([partial(pay, invoice, account, key=a_key()) for _ in range(CLICKS)])
    assert len(ScriptedGateway.asked) > 1


def test_one_key_for_two_invoices_at_once_is_one_payment_and_one_refusal(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Each stands in the queue of its own invoice, so only the key's own constraint can tell them apart."""
    ScriptedGateway.delay = 0.05
    for _ in range(5):
        ScriptedGateway.asked.clear()
        ScriptedGateway.answers[:] = [charge(Status.PENDING, reference=a_key()) for _ in range(2)]
        key = a_key()
        invoices = [issued_invoice(organization, customer) for _ in range(2)]
        answers = at_once([partial(pay, invoice, account, key=key) for invoice in invoices])
        assert len(ScriptedGateway.asked) == 1
        assert [type(failure) for failure in failures(answers)] == [KeyReused]
    assert_all_square()
