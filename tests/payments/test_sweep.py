"""What nobody tells us we ask for."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.at_once import Patience
from allsquare.payments.gateway import Capability, Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt, Refund
from allsquare.payments.services import sweep as room
from allsquare.payments.services.check_payment import RESEND_FOR
from allsquare.payments.services.refund import refund
from allsquare.payments.services.sweep import sweep
from tests.payments.flows import final_state, paid, pay
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice, refund_outcome
from tests.square import assert_all_square


class Blind(ScriptedGateway):
    """Cannot be asked what became of a request."""

    capabilities = ScriptedGateway.capabilities - {Capability.LOOKUP}


def swept(organization: Organization, *lookups: Outcome) -> int:
    """Sweep as if every plan were due; the provider answers ``lookups``."""
    for model in (Payment, Refund):
        waiting = model.objects.filter(organization=organization, next_check_at__isnull=False)
        waiting.update(next_check_at=clock.now(None) - timedelta(seconds=1))
    ScriptedGateway.lookups.extend(lookups)
    return sweep(organization=organization)


@pytest.fixture
def unknown(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    """A payment whose answer never came."""
    return pay(issued_invoice(organization, customer), account, answer=charge(Status.UNKNOWN))


def attempt_of(payment: Payment) -> PaymentAttempt:
    return PaymentAttempt.objects.get(organization=payment.organization, payment=payment)


def test_an_unknown_payment_is_looked_up_and_paid_once(organization: Organization, unknown: Payment) -> None:
    found = charge(reference="ch_1", amount=eur(10000), fee=eur(175))
    assert swept(organization, found) == 1
    unknown.refresh_from_db()
    assert (unknown.state, unknown.reference, unknown.next_check_at) == ("succeeded", "ch_1", None)
    assert ScriptedGateway.looked_up == [attempt_of(unknown).id]
    assert len(ScriptedGateway.asked) == 1
    assert swept(organization) == 0
    assert_all_square()


def test_what_is_not_due_is_left_alone(organization: Organization, unknown: Payment) -> None:
    assert sweep(organization=organization) == 0
    assert not ScriptedGateway.looked_up


def test_what_the_provider_never_saw_is_sent_again_under_its_own_key(
    organization: Organization, unknown: Payment
) -> None:
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(10000), fee=eur(175)))
    swept(organization, charge(Status.NOT_SENT))
    unknown.refresh_from_db()
    assert unknown.state == "succeeded"
    first, again = ScriptedGateway.asked
    assert first == again
    assert first.key == attempt_of(unknown).id
    assert_all_square()


def test_a_crash_before_the_call_is_made_good(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The intent was committed, the process died, the provider never heard of it."""
    invoice = issued_invoice(organization, customer)
    with pytest.raises(IndexError):  # the script is empty: the call dies
        pay(invoice, account)
    payment = Payment.objects.get(organization=organization)
    assert payment.state == "started"
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(10000), fee=eur(175)))
    swept(organization, charge(Status.NOT_SENT))
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert_all_square()


def test_what_was_not_sent_for_long_has_failed(organization: Organization, unknown: Payment) -> None:
    long_ago = clock.now(organization) - RESEND_FOR - timedelta(seconds=1)
    PaymentAttempt.objects.filter(organization=organization).update(started_at=long_ago)
    swept(organization, charge(Status.NOT_SENT))
    unknown.refresh_from_db()
    assert (unknown.state, unknown.failure_code) == ("failed", "not_sent")
    assert len(ScriptedGateway.asked) == 1
    invoice = Invoice.objects.get(organization=organization)
    ScriptedGateway.answers.append(charge(reference="ch_2", amount=eur(10000), fee=eur(0)))
    assert pay(invoice, unknown.gateway_account).state == "succeeded"
    assert_all_square()


def test_an_answer_that_stays_away_is_asked_for_ever_less_often(
    organization: Organization, unknown: Payment
) -> None:
    before = final_state(organization)
    waits = []
    for _ in range(5):
        swept(organization, charge(Status.UNKNOWN))
        unknown.refresh_from_db()
        assert unknown.next_check_at is not None
        waits.append(round((unknown.next_check_at - clock.now(None)).total_seconds()))
    assert waits == [6, 12, 24, 48, 96]
    assert final_state(organization) == before


def test_a_pending_debit_that_bounced(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoice = issued_invoice(organization, customer)
    payment = pay(invoice, account, answer=charge(Status.PENDING, reference="ch_1"))
    swept(organization, charge(Status.DECLINED, reference="ch_1", code="no_funds", message="No funds."))
    payment.refresh_from_db()
    assert (payment.state, payment.failure_code) == ("failed", "no_funds")
    assert_all_square()


def test_two_sweepers_do_not_ask_twice(organization: Organization, unknown: Payment) -> None:
    """The second one read the row before the first one claimed it."""
    Payment.objects.filter(organization=organization).update(
        next_check_at=clock.now(None) - timedelta(seconds=1)
    )
    stale = Payment.objects.get(organization=organization)
    swept(organization, charge(Status.UNKNOWN))
    mine = Payment.objects.filter(organization=organization, next_check_at=stale.next_check_at)
    assert not mine.exists()
    assert sweep(organization=organization) == 0
    assert len(ScriptedGateway.looked_up) == 1


def test_a_provider_that_cannot_be_asked_is_sent_the_same_again(
    organization: Organization, unknown: Payment, settings: Settings
) -> None:
    settings.ALLSQUARE_GATEWAYS = {"scripted": "tests.payments.test_sweep.Blind"}
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(10000), fee=eur(0)))
    swept(organization)
    unknown.refresh_from_db()
    assert unknown.state == "succeeded"
    assert ScriptedGateway.asked[0] == ScriptedGateway.asked[1]


def test_one_that_always_fails_does_not_stop_the_others(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    unknown: Payment,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = pay(issued_invoice(organization, customer), account, answer=charge(Status.UNKNOWN))
    poison = charge(reference="ch_1", amount=eur(-5))
    good = charge(reference="ch_2", amount=eur(10000), fee=eur(0))
    assert swept(organization, poison, good) == 2
    states = Payment.objects.filter(organization=organization).order_by("id").values_list("state", flat=True)
    assert list(states) == ["unknown", "succeeded"]
    assert str(unknown.id) in caplog.text
    assert str(other.id) not in caplog.text
    assert swept(organization, good) == 1  # it stays on its plan, and is made good once the cause is gone
    unknown.refresh_from_db()
    # The provider's name of the charge belongs to the other payment, so it cannot be believed.
    assert unknown.state == "unknown"
    assert_all_square()


def test_an_unknown_refund_is_looked_up(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    made = given_back(paid(organization, customer, account), refund_outcome(Status.UNKNOWN))
    assert made.state == "unknown"
    swept(organization, refund_outcome(reference="re_1", amount=eur(10000), fee=eur(0)))
    made.refresh_from_db()
    assert (made.state, made.reference) == ("succeeded", "re_1")
    assert ScriptedGateway.looked_up == [made.id]
    assert len(ScriptedGateway.asked) == 2
    assert_all_square()


def test_a_refund_that_the_provider_never_saw_is_sent_again_under_its_own_key(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    made = given_back(paid(organization, customer, account), refund_outcome(Status.UNKNOWN))
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(10000), fee=eur(0)))
    swept(organization, refund_outcome(Status.NOT_SENT))
    made.refresh_from_db()
    assert made.state == "succeeded"
    assert ScriptedGateway.asked[-1] == ScriptedGateway.asked[-2]
    assert_all_square()


def test_payments_that_use_up_their_time_leave_the_refunds_theirs(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = given_back(paid(organization, customer, account), refund_outcome(Status.UNKNOWN))
    waiting = [
        pay(issued_invoice(organization, customer), account, answer=charge(Status.UNKNOWN)) for _ in range(2)
    ]
    # No time at all: one question each.
    monkeypatch.setattr(room, "Patience", partial(Patience, timedelta()))
    found = refund_outcome(reference="re_1", amount=eur(10000), fee=eur(0))
    assert swept(organization, charge(Status.UNKNOWN), found) == 2
    made.refresh_from_db()
    assert made.state == "succeeded"
    checks = Payment.objects.filter(organization=organization, id__in=[each.id for each in waiting])
    assert sorted(checks.values_list("checks", flat=True)) == [0, 1]


def given_back(payment: Payment, answer: Outcome) -> Refund:
    ScriptedGateway.answers.append(answer)
    return refund(
        organization=payment.organization,
        payment_id=payment.id,
        amount=eur(10000),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
