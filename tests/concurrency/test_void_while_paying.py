"""A clerk voids an invoice in the moment in which its payer presses Pay."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.void_unpaid import void_unpaid
from tests.concurrency.races import at_once, failures
from tests.payments.flows import pay
from tests.payments.makers import ScriptedGateway, a_key, charge, issued_invoice
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

TRIES = 15


def both(organization: Organization, customer: Customer, account: GatewayAccount) -> int:
    """How many of some invoices are void and being paid all the same."""
    invoices = [issued_invoice(organization, customer) for _ in range(TRIES)]
    for invoice in invoices:
        ScriptedGateway.answers[:] = [charge(Status.PENDING, reference=a_key())]
        void = partial(
            void_unpaid, organization=organization, invoice_id=invoice.id, reason="Twice", actor=SYSTEM
        )
        works: list[Callable[[], object]] = [partial(pay, invoice, account, key=a_key()), void]
        answers = at_once(works)
        assert len(failures(answers)) < 2
    voided = Invoice.objects.filter(organization=organization, state="void")
    return Payment.objects.filter(organization=organization, invoice__in=voided).count()


def test_one_of_the_two_is_refused(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    assert both(organization, customer, account) == 0
    assert_all_square()


def test_control_without_the_invoices_lock_a_void_invoice_is_being_paid(
    organization: Organization, customer: Customer, account: GatewayAccount, without_row_locks: None
) -> None:
    assert both(organization, customer, account) > 0
