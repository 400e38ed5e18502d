"""Fault 10: two clerks give 60 % back at once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import RefundTooHigh
from allsquare.payments.gateway import RefundRequest, Status
from allsquare.payments.models import GatewayAccount, Payment, Refund
from allsquare.payments.services import refund as module
from allsquare.payments.services.refund import refund
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.flows import paid, take
from tests.payments.makers import ScriptedGateway, a_key, eur, refund_outcome
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    payment = paid(organization, customer, account, fee=175)
    ScriptedGateway.asked.clear()
    ScriptedGateway.delay = 0.2
    ScriptedGateway.answers.extend(
        refund_outcome(reference=f"re_{number}", amount=eur(6000), fee=eur(0)) for number in range(2)
    )
    return payment


def give_back(payment: Payment, key: str = "") -> Refund:
    return refund(
        organization=payment.organization,
        payment_id=payment.id,
        amount=eur(6000),
        reason="returned",
        key=key or a_key(),
        actor=SYSTEM,
    )


def asked_back() -> int:
    return sum(
        request.amount.minor for request in ScriptedGateway.asked if isinstance(request, RefundRequest)
    )


def test_only_one_is_asked_of_the_provider(payment: Payment) -> None:
    answers = at_once([partial(give_back, payment)] * 2)
    assert asked_back() == 6000
    assert [made.state for made in succeeded(answers)] == ["succeeded"]
    assert [type(failure) for failure in failures(answers)] == [RefundTooHigh]
    assert_all_square()


def test_control_without_the_payments_lock_both_reserve_the_same_money(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    without_row_locks: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both see the whole sum free. What holds them then is the last line, a check of the database on the row."""
    refusals: list[str] = []

    def watched(*given: Any) -> tuple[Refund, bool]:
        try:
            return reserve(*given)
        except IntegrityError as error:
            refusals.append(str(error))
            raise

    reserve = module._reserve
    monkeypatch.setattr(module, "_reserve", watched)
    for _ in range(10):
        ScriptedGateway.answers.clear()  # who was refused left theirs
        payment = paid(organization, customer, account)
        ScriptedGateway.answers[:] = [refund_outcome(Status.PENDING, reference=a_key()) for _ in range(2)]
        at_once([partial(give_back, payment)] * 2)
        if refusals:
            break
    assert any("payment_refunds_within_capture" in refusal for refusal in refusals)


def test_one_key_twice_is_one_refund(payment: Payment) -> None:
    answers = at_once([partial(give_back, payment, key="press")] * 2)
    assert asked_back() == 6000
    assert len({made.id for made in succeeded(answers)}) == 1
    assert not failures(answers)
    assert_all_square()


def test_a_refund_made_at_the_provider_is_heard_of_twice_at_once(
    organization: Organization, account: GatewayAccount, payment: Payment
) -> None:
    """Neither knows it: the one that waits for the payment's lock must look again before it makes a second one."""
    for number in range(5):
        news = refund_outcome(
            reference=f"re_elsewhere_{number}", amount=eur(1000), charge_reference=payment.reference
        )
        assert not failures(at_once([partial(take, account, news)] * 4))
    assert Refund.objects.filter(organization=organization).count() == 5
    assert_all_square()
