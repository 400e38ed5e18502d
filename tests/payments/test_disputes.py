"""Disputes: opened, won, lost; late, repeated, out of order; before and after refunds."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from allsquare.billing.models import Invoice
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.disputes import get_case
from allsquare.payments.errors import OutcomeContradicts, OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import DisputeStage, Outcome
from allsquare.payments.models import Attention, CreditMovement, Dispute, DisputeFee, GatewayAccount, Payment
from tests import factories
from tests.payments.flows import balances, final_state, paid, started, take
from tests.payments.makers import dispute_outcome, eur, refund_outcome, scripted_account, usd
from tests.square import assert_all_square

OPENED, WON, LOST = DisputeStage.OPENED, DisputeStage.WON, DisputeStage.LOST


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    return paid(organization, customer, account, fee=175)


def case(payment: Payment, stage: DisputeStage, *, minor: int = 10000, fee: int = 1500) -> Outcome:
    return dispute_outcome(
        stage,
        reference="dp_1",
        amount=eur(minor),
        fee=eur(fee),
        message="fraudulent",
        charge_reference=payment.reference,
    )


def invoice_state(payment: Payment) -> tuple[str, int]:
    assert payment.invoice_id
    found = Invoice.objects.get(organization=payment.organization, id=payment.invoice_id)
    return found.state, found.paid_minor


def test_an_open_case_takes_the_sum_and_leaves_the_invoice(
    organization: Organization, payment: Payment
) -> None:
    take(payment.gateway_account, case(payment, OPENED))
    payment.refresh_from_db()
    assert payment.disputed_minor == 10000
    assert invoice_state(payment) == ("paid", 10000)
    assert balances(organization) == {
        "clearing": -1675,
        "disputed": 10000,
        "gateway_fees": 1675,
        "sales": -10000,
    }
    assert Attention.objects.get(organization=organization).kind == "dispute_opened"
    assert_all_square()


def test_a_case_that_is_won_brings_the_sum_back_but_not_the_fee(
    organization: Organization, payment: Payment
) -> None:
    take(payment.gateway_account, case(payment, OPENED))
    take(payment.gateway_account, case(payment, WON))
    payment.refresh_from_db()
    assert payment.disputed_minor == 0
    assert invoice_state(payment) == ("paid", 10000)
    assert balances(organization) == {"clearing": 8325, "gateway_fees": 1675, "sales": -10000}
    assert_all_square()


@pytest.mark.parametrize("order", list(permutations(["opened", "answered", "won"])))
def test_a_fee_that_grows_and_comes_back_is_booked_in_any_order(
    organization: Organization, payment: Payment, order: tuple[str, ...]
) -> None:
    """15.00 for the case, 15.00 for answering it, and all of it comes back to who wins. News that is overtaken says
    nothing; what a provider tells of the fee is what it comes to."""
    news = {
        "opened": case(payment, OPENED),
        "answered": case(payment, OPENED, fee=3000),
        "won": case(payment, WON, fee=0),
    }
    for name in (*order, *order):
        take(payment.gateway_account, news[name])
    dispute = Dispute.objects.get(organization=organization)
    assert (dispute.state, dispute.fee_minor) == ("won", 0)
    assert balances(organization) == {"clearing": 9825, "gateway_fees": 175, "sales": -10000}
    assert_all_square()


def test_a_fee_that_is_told_late_is_booked_with_what_it_is(
    organization: Organization, payment: Payment
) -> None:
    take(payment.gateway_account, replace(case(payment, OPENED), fee=None))
    take(payment.gateway_account, case(payment, LOST))
    take(payment.gateway_account, replace(case(payment, LOST), fee=None))
    dispute = Dispute.objects.get(organization=organization)
    (change,) = DisputeFee.objects.filter(organization=organization)
    assert (dispute.fee_minor, change.amount_minor) == (1500, 1500)
    told = Event.objects.get(organization_id=organization.id, kind="dispute.fee")
    assert (told.data["amount_minor"], told.data["fee_minor"]) == (1500, 1500)
    found = get_case(organization, dispute.id)
    assert (found.sources, found.fee_back) == ([dispute.id, change.id], None)
    assert_all_square()


def test_a_case_that_is_lost_opens_the_invoice(organization: Organization, payment: Payment) -> None:
    take(payment.gateway_account, case(payment, OPENED))
    take(payment.gateway_account, case(payment, LOST))
    payment.refresh_from_db()
    assert payment.disputed_minor == 10000
    assert invoice_state(payment) == ("viewed", 0)
    assert balances(organization) == {
        "clearing": -1675,
        "gateway_fees": 1675,
        "receivable": 10000,
        "sales": -10000,
    }
    tasks = Attention.objects.filter(organization=organization)
    assert {(task.kind, task.resolved_at is None) for task in tasks} == {
        ("dispute_opened", False),
        ("dispute_lost", True),
    }, "whoever runs the business hears that it is theirs to ask for the money again"
    assert_all_square()


@pytest.mark.parametrize("end", [WON, LOST])
def test_the_end_may_be_heard_of_before_the_beginning(db: None, end: DisputeStage) -> None:
    """Whoever hears the end first still pays the fee of the case, once."""
    states = []
    for stages in ((OPENED, end), (end, OPENED), (end, OPENED, end, OPENED)):
        organization = factories.make_organization()
        account = scripted_account(organization)
        payment = paid(organization, factories.make_customer(organization), account, fee=175)
        for stage in stages:
            take(account, case(payment, stage))
        told = Event.objects.filter(organization_id=organization.id, kind__startswith="dispute.")
        states.append((final_state(organization), sorted(told.values_list("kind", flat=True))))
    assert states[0] == states[1] == states[2]
    assert_all_square()


def test_a_closed_case_stays_as_it_was_closed(organization: Organization, payment: Payment) -> None:
    take(payment.gateway_account, case(payment, OPENED), case(payment, WON))
    before = final_state(organization)
    take(payment.gateway_account, case(payment, LOST))
    assert final_state(organization) == before
    assert_all_square()


def test_a_case_of_which_nothing_more_is_said_stays_open(payment: Payment) -> None:
    take(payment.gateway_account, case(payment, OPENED))
    take(payment.gateway_account, replace(case(payment, OPENED), dispute_stage=None))
    assert Dispute.objects.get(organization=payment.organization).state == "opened"
    assert_all_square()


def test_what_was_lost_and_comes_once_more_is_the_customers_credit(
    organization: Organization, payment: Payment
) -> None:
    """A debit that failed late is collected again: the invoice may have been paid another way meanwhile."""
    take(payment.gateway_account, case(payment, LOST, fee=0))
    take(payment.gateway_account, case(payment, WON, fee=0))
    payment.refresh_from_db()
    assert payment.disputed_minor == 0
    assert invoice_state(payment) == ("viewed", 0)
    assert balances(organization) == {
        "clearing": 10000 - 175,
        "gateway_fees": 175,
        "receivable": 10000,
        "customer_credit": -10000,
        "sales": -10000,
    }
    tasks = Attention.objects.filter(organization=organization)
    assert {(task.kind, task.resolved_at is None) for task in tasks} == {
        ("dispute_lost", False),
        ("dispute_won_after_all", True),
    }
    before = final_state(organization)
    for late in (LOST, OPENED, WON):
        take(payment.gateway_account, case(payment, late, fee=0))
    assert final_state(organization) == before
    assert_all_square()


def test_what_was_won_is_lost_after_all_where_its_provider_says_so_when_it_is_asked(
    organization: Organization, payment: Payment
) -> None:
    take(payment.gateway_account, case(payment, WON))
    before = final_state(organization)
    take(payment.gateway_account, case(payment, LOST))
    assert final_state(organization) == before, "news by itself may be late"
    for _ in range(2):
        take(payment.gateway_account, case(payment, LOST), current=True)
        payment.refresh_from_db()
        assert payment.disputed_minor == 10000
        assert invoice_state(payment) == ("viewed", 0)
        assert balances(organization) == {
            "clearing": -175 - 1500,
            "gateway_fees": 1675,
            "receivable": 10000,
            "sales": -10000,
        }
    before = final_state(organization)
    take(payment.gateway_account, case(payment, WON), current=True)
    assert final_state(organization)["payments"] == before["payments"], "it turned once already"
    kinds = Attention.objects.filter(organization=organization, resolved_at=None)
    assert set(kinds.values_list("kind", flat=True)) == {"dispute_lost", "not_taken_in"}
    assert_all_square()


@pytest.mark.parametrize("together", [True, False])
def test_a_loss_that_comes_once_more_is_none_any_more(
    organization: Organization, payment: Payment, *, together: bool
) -> None:
    """60.00 of the disputed 100.00 had been given back before, so nobody but the business bore them."""
    back = refund_outcome(reference="re_1", amount=eur(6000), charge_reference=payment.reference)
    take(payment.gateway_account, back)
    ends = case(payment, LOST), case(payment, WON)
    for news in (ends,) if together else ((end,) for end in ends):
        take(payment.gateway_account, *news)
    assert balances(organization) == {
        "clearing": 10000 - 175 - 6000 - 1500,
        "gateway_fees": 1675,
        "receivable": 10000,
        "customer_credit": -4000,
        "sales": -10000,
    }
    again = refund_outcome(reference="re_2", amount=eur(4000), charge_reference=payment.reference)
    take(payment.gateway_account, again)
    assert "customer_credit" not in balances(organization)
    assert_all_square()


def test_a_case_about_what_was_given_back_already_debits_the_invoice_once(
    organization: Organization, payment: Payment
) -> None:
    """The payer got 60.00 back and disputes the whole: 60.00 is a loss that no invoice can bear."""
    back = refund_outcome(reference="re_1", amount=eur(6000), charge_reference=payment.reference)
    take(payment.gateway_account, back)
    take(payment.gateway_account, case(payment, OPENED, minor=10000), case(payment, LOST, minor=10000))
    assert invoice_state(payment) == ("viewed", 0)
    assert balances(organization) == {
        "clearing": 10000 - 175 - 6000 - 10000 - 1500,
        "gateway_fees": 1675,
        "receivable": 10000,
        "dispute_losses": 6000,
        "sales": -10000,
    }
    assert_all_square()


def test_refund_and_lost_case_come_to_the_same_in_either_order(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    states = []
    for refund_first in (True, False):
        payment = paid(organization, customer, account, fee=175)
        back = refund_outcome(
            reference=f"re_{refund_first}", amount=eur(4000), charge_reference=payment.reference
        )
        before = balances(organization)
        for news in (back, case(payment, LOST)) if refund_first else (case(payment, LOST), back):
            take(account, news)
        after = balances(organization)
        payment.refresh_from_db()
        difference = {role: after.get(role, 0) - before.get(role, 0) for role in after}
        states.append((difference, payment.refunded_minor, payment.disputed_minor, invoice_state(payment)))
    assert states[0] == states[1]
    assert_all_square()


def test_a_lost_case_takes_the_credit_first(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account, captured=11000)
    take(account, case(payment, LOST, minor=11000))
    movements = CreditMovement.objects.filter(organization=organization).order_by("id")
    assert list(movements.values_list("amount_minor", "reason")) == [
        (1000, "overpayment"),
        (-1000, "dispute"),
    ]
    assert invoice_state(payment) == ("viewed", 0)
    assert_all_square()


def test_a_case_before_its_charge_waits(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    with pytest.raises(OutcomeTooEarly):
        take(account, case(payment, OPENED))
    assert not Dispute.objects.filter(organization=organization).exists()


def test_cases_that_cannot_be_ours(payment: Payment) -> None:
    with pytest.raises(OutcomeUnmatched):
        take(
            payment.gateway_account,
            dispute_outcome(OPENED, reference="dp_1", amount=eur(1), charge_reference="ch_of_others"),
        )
    for amount in (usd(10000), eur(0), eur(-1), None):
        with pytest.raises(OutcomeContradicts):
            take(
                payment.gateway_account,
                dispute_outcome(OPENED, reference="dp_1", amount=amount, charge_reference=payment.reference),
            )
    assert not Dispute.objects.filter(organization=payment.organization).exists()
    assert_all_square()


def test_two_cases_lost_in_one_batch_take_no_more_than_there_is(
    organization: Organization, payment: Payment
) -> None:
    """What neither the invoice nor credit covers is a loss."""
    first = case(payment, LOST, minor=6000, fee=0)
    take(payment.gateway_account, first, replace(first, reference="dp_2"))
    assert invoice_state(payment) == ("viewed", 0)
    assert balances(organization)["dispute_losses"] == 2000
    assert_all_square()


def test_credit_that_a_case_took_is_credit_again_when_it_is_won_in_the_same_batch(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    overpaid = paid(organization, customer, account, captured=13000)
    take(account, case(overpaid, LOST, minor=3000, fee=0), case(overpaid, WON, minor=3000, fee=0))
    assert balances(organization)["customer_credit"] == -3000
    assert "dispute_losses" not in balances(organization)
    assert invoice_state(overpaid) == ("paid", 10000)
    assert_all_square()
