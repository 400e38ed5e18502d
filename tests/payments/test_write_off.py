"""Money and invoices that are written off: late payments, refunds and disputes, in any order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from allsquare.billing.models import WriteOff
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.billing.services.write_off import write_off
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import DisputeStage
from allsquare.payments.models import Attention, CreditMovement, GatewayAccount, Payment
from tests.factories import make_customer, make_organization
from tests.payments.flows import balances, final_state, pay, started, take
from tests.payments.makers import (
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    refund_outcome,
    scripted_account,
)
from tests.square import assert_all_square


def give_up(payment: Payment, *, tax_relief: bool = False) -> None:
    assert payment.invoice_id is not None
    write_off(
        organization=payment.organization,
        invoice_id=payment.invoice_id,
        reason="Gone",
        tax_relief=tax_relief,
        actor=SYSTEM,
    )


def partly_paid(account: GatewayAccount, *, minor: int) -> Payment:
    """A payment of ``minor`` for an invoice of 100.00."""
    invoice = issued_invoice(account.organization, make_customer(account.organization), total="100.00")
    payment = pay(invoice, account, amount=eur(minor), answer=charge(reference="ch_1", amount=eur(minor)))
    payment.refresh_from_db()
    return payment


def test_money_that_comes_afterwards_is_credit_and_a_task(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    give_up(payment)
    take(account, charge(reference=payment.reference, amount=eur(10000)))
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert payment.invoice is not None
    assert (payment.invoice.state, payment.invoice.paid_minor) == ("written_off", 0)
    movement = CreditMovement.objects.get(organization=organization)
    assert (movement.amount_minor, movement.reason) == (10000, "written_off")
    assert Attention.objects.get(organization=organization).kind == "money_for_written_off_invoice"
    assert balances(organization)["customer_credit"] == -10000
    assert_all_square()
    take_back_write_off(organization=organization, invoice_id=payment.invoice.id, actor=SYSTEM)
    payment.invoice.refresh_from_db()
    assert (payment.invoice.state, payment.invoice.open_minor) == ("issued", 10000)
    assert_all_square()


def test_only_what_is_open_of_a_partly_paid_one_is_lost(account: GatewayAccount) -> None:
    payment = partly_paid(account, minor=4000)
    give_up(payment)
    assert balances(account.organization)["bad_debts"] == 6000
    assert_all_square()
    assert payment.invoice_id is not None
    found = take_back_write_off(
        organization=account.organization, invoice_id=payment.invoice_id, actor=SYSTEM
    )
    assert (found.state, found.open_minor) == ("partly_paid", 6000)
    assert_all_square()


@pytest.mark.parametrize("tax_relief", [False, True])
def test_giving_up_and_giving_back_end_the_same_in_any_order(db: None, tax_relief: bool) -> None:
    """A refund in two parts and a lost dispute of what was paid, and the write-off: 24 orders, one end."""
    ends = []
    acts: list[Callable[[GatewayAccount, Payment], None]] = [
        lambda account, payment: give_up(payment, tax_relief=tax_relief),
        *(
            lambda account, payment, name=name, minor=minor: take(
                account,
                refund_outcome(reference=name, amount=eur(minor), charge_reference=payment.reference),
            )
            for name, minor in (("re_1", 777), ("re_2", 1500))
        ),
        lambda account, payment: take(
            account,
            dispute_outcome(
                DisputeStage.LOST,
                reference="dp_1",
                amount=eur(1111),
                charge_reference=payment.reference,
            ),
        ),
    ]
    for order in permutations(acts):
        account = scripted_account(make_organization())
        payment = partly_paid(account, minor=4000)
        for act in order:
            act(account, payment)
        facts = WriteOff.objects.filter(organization=account.organization)
        end = final_state(account.organization)
        end["written off"] = [
            sum(getattr(fact, name) for fact in facts) for name in ("amount_minor", "tax_minor", "base_minor")
        ]
        ends.append(end)
    assert_all_square()
    assert all(end == ends[0] for end in ends)
    assert ends[0]["invoices"] == [("written_off", 4000 - 777 - 1500 - 1111, 10000)]


def test_all_parts_of_a_write_off_are_taken_back(account: GatewayAccount) -> None:
    payment = partly_paid(account, minor=4000)
    give_up(payment)
    take(account, refund_outcome(reference="re_1", amount=eur(1000), charge_reference=payment.reference))
    assert payment.invoice_id is not None
    found = take_back_write_off(
        organization=account.organization, invoice_id=payment.invoice_id, actor=SYSTEM
    )
    assert (found.state, found.open_minor) == ("partly_paid", 7000)
    assert "bad_debts" not in balances(account.organization)
    assert_all_square()
