"""Whether an attempt is made anew at another account: each thing that forbids it does so by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.plan import GRACE
from allsquare.payments.services.move_payment import move_payment
from tests.payments.flows import pay
from tests.payments.makers import AWAY, charge, issued_invoice


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    """It is begun, and whoever asked for it has not said yet what the provider answered."""
    with pytest.raises(IndexError):  # the script is empty
        pay(issued_invoice(organization, customer), account)
    return Payment.objects.select_related("gateway_account").get(organization=organization)


def attempts(payment: Payment) -> list[PaymentAttempt]:
    found = PaymentAttempt.objects.filter(organization=payment.organization, payment=payment)
    return list(found.order_by("number"))


def move(payment: Payment, to: GatewayAccount, outcome: Outcome = AWAY) -> PaymentAttempt | None:
    """As whoever asked first does, who read both before."""
    return move_payment(
        organization=payment.organization,
        payment=payment,
        attempt=attempts(payment)[0],
        outcome=outcome,
        to=to,
        actor=SYSTEM,
    )


def test_it_is_the_other_accounts_and_its_plan_begins_anew(payment: Payment, second: GatewayAccount) -> None:
    long_ago = clock.now(None) - timedelta(hours=1)
    mine = Payment.objects.filter(organization=payment.organization, id=payment.id)
    mine.update(checks=7, next_check_at=long_ago)
    begun = clock.now(None)
    made = move(payment, second)
    assert made is not None
    assert (payment.gateway_account, payment.checks) == (second, 0)
    row = mine.get()
    assert (row.gateway_account_id, row.gateway, row.checks, row.state) == (
        second.id,
        "scripted",
        0,
        "started",
    )
    assert row.next_check_at is not None
    plan = (begun + GRACE, clock.now(None) + GRACE)
    assert plan[0] <= row.next_check_at <= plan[1], "whoever read the old time finds another"
    first, anew = attempts(payment)
    assert (first.status, first.code, first.answered_at is not None) == ("not_sent", "unreachable", True)
    assert (anew, anew.status, anew.number) == (made, "", 2)
    assert move(payment, second) is None, "once"


def change_payment(**to: object) -> Callable[[Payment, GatewayAccount], None]:
    def change(payment: Payment, second: GatewayAccount) -> None:
        values = {name: second if value is GatewayAccount else value for name, value in to.items()}
        Payment.objects.filter(organization=payment.organization, id=payment.id).update(**values)

    return change


def change_attempt(**to: object) -> Callable[[Payment, GatewayAccount], None]:
    def change(payment: Payment, second: GatewayAccount) -> None:
        values = {name: second if value is GatewayAccount else value for name, value in to.items()}
        PaymentAttempt.objects.filter(organization=payment.organization, payment=payment).update(**values)

    return change


def keep_card(payment: Payment, second: GatewayAccount) -> None:
    request = {**attempts(payment)[0].request, "saved_method": "pm_1"}
    PaymentAttempt.objects.filter(organization=payment.organization, payment=payment).update(request=request)


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param(change_payment(state="unknown"), id="something was heard of the payment"),
        pytest.param(change_payment(state="needs_action"), id="a page of the first waits for the payer"),
        pytest.param(
            change_payment(gateway_account=GatewayAccount), id="it belongs to another account by now"
        ),
        pytest.param(change_attempt(status="unknown"), id="the attempt has another answer already"),
        pytest.param(change_attempt(repeated_at=clock.now(None)), id="somebody sends it a second time"),
        pytest.param(change_attempt(gateway_account=GatewayAccount), id="the attempt was left behind"),
        pytest.param(keep_card, id="a saved method is known to one provider alone"),
    ],
)
def test_each_of_these_alone_keeps_it_where_it_is(
    payment: Payment, second: GatewayAccount, happened: Callable[[Payment, GatewayAccount], None]
) -> None:
    happened(payment, second)
    before = state_of(payment)
    assert move(payment, second) is None
    assert state_of(payment) == before, "nothing was written"


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.NOT_SENT}))
def test_only_what_surely_did_not_arrive_is_made_anew(
    payment: Payment, second: GatewayAccount, status: Status
) -> None:
    before = state_of(payment)
    assert move(payment, second, charge(status, reference="ch_1")) is None
    assert state_of(payment) == before


def state_of(payment: Payment) -> object:
    organization = payment.organization
    return (
        list(Payment.objects.filter(organization=organization).values()),
        list(PaymentAttempt.objects.filter(organization=organization).order_by("id").values()),
        Event.objects.filter(organization_id=organization.id).count(),
    )
