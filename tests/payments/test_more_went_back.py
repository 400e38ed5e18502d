"""What goes back twice must not pass unseen: two refunds of one, and more than came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.attention import sentence
from allsquare.payments.gateway import DisputeStage, Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment, Refund
from allsquare.payments.services.refund import refund
from tests.payments.flows import final_state, paid, take
from tests.payments.makers import ScriptedGateway, a_key, dispute_outcome, eur, open_tasks, refund_outcome
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    return paid(organization, customer, account)


def given(payment: Payment, answer: Outcome) -> Refund:
    ScriptedGateway.answers.append(answer)
    return refund(
        organization=payment.organization,
        payment_id=payment.id,
        amount=eur(4000),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )


def told(payment: Payment) -> list[str]:
    return [sentence(task.kind, task.data) for task in open_tasks(payment.organization)]


def test_a_second_refund_for_one_is_never_silent(payment: Payment) -> None:
    """The books have one, and a person is told of the other."""
    answer = refund_outcome(reference="re_1", amount=eur(4000), charge_reference=payment.reference)
    made = given(payment, answer)
    before = final_state(payment.organization)
    again = replace(answer, status=Status.SUCCEEDED, reference="re_2", key=made.id)
    for _ in range(2):
        take(payment.gateway_account, again)
        take(payment.gateway_account, replace(answer, key=made.id))
    (words,) = told(payment)
    assert "re_2" in words
    assert "40.00" in words
    made.refresh_from_db()
    assert made.reference == "re_1"
    assert final_state(payment.organization)["payments"] == before["payments"]
    assert_all_square()


def test_one_that_failed_and_went_through_under_another_name_is_given_back(payment: Payment) -> None:
    """The money is gone, so the books must have it; the first one fails no second time."""
    failed = refund_outcome(
        Status.DECLINED, reference="re_1", amount=eur(4000), charge_reference=payment.reference
    )
    made = given(payment, failed)
    again = replace(failed, status=Status.SUCCEEDED, reference="re_2", key=made.id)
    for news in (again, replace(failed, key=made.id), again):
        take(payment.gateway_account, news)
    made.refresh_from_db()
    payment.refresh_from_db()
    assert (made.state, made.reference, payment.refunded_minor) == ("succeeded", "re_2", 4000)
    assert told(payment) == []
    assert_all_square()


def case(payment: Payment, name: str, minor: int = 10000) -> Outcome:
    return dispute_outcome(
        DisputeStage.OPENED, reference=name, amount=eur(minor), charge_reference=payment.reference
    )


def test_more_that_goes_back_than_came_is_told_once(payment: Payment) -> None:
    """As where a provider tells of one thing as two."""
    take(payment.gateway_account, replace(case(payment, "dp_1"), is_answered=True))
    assert told(payment) == []
    take(payment.gateway_account, replace(case(payment, "dp_2"), is_answered=True))
    take(payment.gateway_account, replace(case(payment, "dp_3"), is_answered=True))
    (words,) = told(payment)
    assert "more went back" in words
    assert "100.00" in words
    assert_all_square()


def test_a_refund_after_a_case_of_all_is_more_than_came(payment: Payment) -> None:
    take(payment.gateway_account, replace(case(payment, "dp_1", 7000), is_answered=True))
    take(
        payment.gateway_account,
        refund_outcome(reference="re_1", amount=eur(3000), charge_reference=payment.reference),
    )
    assert told(payment) == []
    take(
        payment.gateway_account,
        refund_outcome(reference="re_2", amount=eur(1), charge_reference=payment.reference),
    )
    assert len(told(payment)) == 1
    assert_all_square()
