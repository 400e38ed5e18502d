"""Giving money back: in full, in part, never too much, and what happens when it comes home again."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import PermissionDenied
from allsquare.core.idempotency import KeyInvalid, KeyReused
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.attention import sentence
from allsquare.payments.errors import (
    InvalidPayment,
    OutcomeContradicts,
    OutcomeTooEarly,
    PaymentUnknown,
    RefundTooHigh,
)
from allsquare.payments.gateway import Capability, DisputeStage, MethodKind, Outcome, RefundRequest, Status
from allsquare.payments.models import Attention, CreditMovement, GatewayAccount, Payment, Refund
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.refund import refund
from allsquare.payments.services.resolve_attention import resolve_attention
from tests import factories
from tests.payments.flows import balances, final_state, paid, pay, started, take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    dispute_outcome,
    eur,
    issued_invoice,
    offline_account,
    refund_outcome,
    usd,
)
from tests.square import assert_all_square


class WholeOnly(ScriptedGateway):
    """Gives back all or nothing."""

    capabilities = frozenset({Capability.CARD, Capability.REFUND})


class Never(ScriptedGateway):
    """Gives nothing back."""

    capabilities = frozenset({Capability.CARD})


def give_back(payment: Payment, minor: int, *, key: str = "", answer: Outcome | None = None) -> Refund:
    if answer is not None:
        ScriptedGateway.answers.append(answer)
    return refund(
        organization=payment.organization,
        payment_id=payment.id,
        amount=eur(minor),
        reason="returned",
        key=key or a_key(),
        actor=SYSTEM,
    )


def done(reference: str = "re_1", minor: int = 10000, fee: int = 0) -> Outcome:
    return refund_outcome(reference=reference, amount=eur(minor), fee=eur(fee))


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    return paid(organization, customer, account, fee=175)


def invoice_of(payment: Payment) -> Invoice:
    assert payment.invoice_id
    return Invoice.objects.get(organization=payment.organization, id=payment.invoice_id)


def test_a_full_refund_opens_the_invoice_again(organization: Organization, payment: Payment) -> None:
    made = give_back(payment, 10000, answer=done())
    payment.refresh_from_db()
    invoice = invoice_of(payment)
    assert (made.state, made.reference) == ("succeeded", "re_1")
    assert (payment.state, payment.refunded_minor, payment.refunding_minor) == ("succeeded", 10000, 0)
    assert (invoice.state, invoice.paid_minor, invoice.paid_at) == ("viewed", 0, None)
    assert balances(organization) == {
        "clearing": -175,
        "gateway_fees": 175,
        "receivable": 10000,
        "sales": -10000,
    }
    (_, asked) = ScriptedGateway.asked
    assert isinstance(asked, RefundRequest)
    assert (asked.key, asked.charge_reference, asked.amount) == (made.id, payment.reference, eur(10000))
    assert_all_square()


def test_parts_add_up_and_never_above_the_capture(organization: Organization, payment: Payment) -> None:
    give_back(payment, 6000, answer=done("re_1", 6000))
    with pytest.raises(RefundTooHigh) as refused:
        give_back(payment, 4001)
    assert refused.value.details["left_minor"] == 4000
    assert "At most €40.00 of this payment" in refused.value.message
    assert invoice_of(payment).state == "partly_paid"
    give_back(payment, 4000, answer=done("re_2", 4000))
    assert invoice_of(payment).state == "viewed"
    with pytest.raises(RefundTooHigh):
        give_back(payment, 1)
    assert len(ScriptedGateway.asked) == 3
    assert_all_square()


def test_money_under_way_is_reserved(payment: Payment) -> None:
    waiting = give_back(payment, 6000, answer=refund_outcome(Status.PENDING, reference="re_1"))
    assert waiting.state == "pending"
    with pytest.raises(RefundTooHigh):
        give_back(payment, 6000)
    take(payment.gateway_account, refund_outcome(Status.DECLINED, reference="re_1", message="account closed"))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.failure_message) == ("failed", "account closed")
    payment.refresh_from_db()
    assert (payment.refunded_minor, payment.refunding_minor) == (0, 0)
    assert invoice_of(payment).state == "paid"
    assert give_back(payment, 10000, answer=done("re_2")).state == "succeeded"
    assert_all_square()


def test_a_part_of_the_fee_may_come_back(organization: Organization, payment: Payment) -> None:
    made = give_back(payment, 10000, answer=done(fee=-150))
    assert made.fee_returned_minor == 150
    assert balances(organization) == {
        "clearing": -25,
        "gateway_fees": 25,
        "receivable": 10000,
        "sales": -10000,
    }
    assert_all_square()


def test_credit_goes_first_then_the_invoice(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account, captured=11000)
    give_back(payment, 400, answer=done("re_1", 400))
    assert invoice_of(payment).state == "paid"
    give_back(payment, 1600, answer=done("re_2", 1600))
    movements = CreditMovement.objects.filter(organization=organization).order_by("id")
    assert list(movements.values_list("amount_minor", "reason")) == [
        (1000, "overpayment"),
        (-400, "refund"),
        (-600, "refund"),
    ]
    assert invoice_of(payment).paid_minor == 9000
    assert_all_square()


def test_the_same_key_gives_back_once(payment: Payment) -> None:
    first = give_back(payment, 6000, key="k", answer=done("re_1", 6000))
    assert give_back(payment, 6000, key="k").id == first.id
    with pytest.raises(KeyReused):
        give_back(payment, 4000, key="k")
    with pytest.raises(KeyReused):
        refund(
            organization=payment.organization,
            payment_id=payment.id,
            amount=usd(6000),
            reason="returned",
            key="k",
            actor=SYSTEM,
        )
    assert len(ScriptedGateway.asked) == 2
    with pytest.raises(KeyInvalid):
        give_back(payment, 100, key=" ")
    assert_all_square()


def test_a_repeated_answer_changes_nothing(organization: Organization, payment: Payment) -> None:
    made = give_back(payment, 6000, answer=done("re_1", 6000))
    before = final_state(organization)
    take(payment.gateway_account, done("re_1", 6000), done("re_1", 6000))
    take(payment.gateway_account, refund_outcome(Status.PENDING, reference="re_1", key=made.id))
    assert final_state(organization) == before
    assert_all_square()


def test_a_refund_that_comes_home_is_credit_and_a_task(organization: Organization, payment: Payment) -> None:
    made = give_back(payment, 10000, answer=done())
    take(payment.gateway_account, refund_outcome(Status.DECLINED, reference="re_1", message="account closed"))
    made.refresh_from_db()
    payment.refresh_from_db()
    assert (made.state, payment.refunded_minor) == ("failed", 0)
    (movement,) = CreditMovement.objects.filter(organization=organization)
    assert (movement.amount_minor, movement.reason) == (10000, "refund_failed")
    assert Attention.objects.get(organization=organization).kind == "refund_came_back"
    assert balances(organization)["clearing"] == 9825
    # It is given back another way, out of the credit; the invoice stays open.
    give_back(payment, 10000, answer=done("re_2"))
    assert CreditMovement.objects.filter(organization=organization).count() == 2
    assert invoice_of(payment).paid_minor == 0
    assert_all_square()


@pytest.mark.parametrize("before", [Status.PENDING, Status.UNKNOWN])
def test_a_refund_that_fails_later_is_a_task(
    organization: Organization, payment: Payment, before: Status
) -> None:
    """Whoever made it was told that it is on its way; when it does get there after all, nothing is left to do."""
    made = give_back(payment, 10000, answer=refund_outcome(before))
    take(payment.gateway_account, refund_outcome(Status.DECLINED, key=made.id, message="account closed"))
    payment.refresh_from_db()
    assert payment.refunding_minor == 0
    task = Attention.objects.get(organization=organization)
    assert (task.kind, task.subject_id, task.resolved_at) == ("refund_failed", made.id, None)
    take(payment.gateway_account, refund_outcome(reference="re_1", key=made.id, amount=eur(10000)))
    task.refresh_from_db()
    assert task.resolved_at is not None
    assert_all_square()


def test_a_refund_that_fails_at_once_is_seen_by_whoever_made_it(
    organization: Organization, payment: Payment
) -> None:
    give_back(payment, 10000, answer=refund_outcome(Status.DECLINED))
    assert not Attention.objects.filter(organization=organization).exists()


def test_what_came_home_can_go_back_in_the_same_batch(organization: Organization, payment: Payment) -> None:
    give_back(payment, 10000, answer=done())
    take(
        payment.gateway_account,
        refund_outcome(Status.DECLINED, reference="re_1", amount=eur(10000)),
        refund_outcome(reference="re_2", amount=eur(10000), charge_reference=payment.reference),
    )
    assert "dispute_losses" not in balances(organization)
    assert "customer_credit" not in balances(organization)
    assert invoice_of(payment).paid_minor == 0
    assert_all_square()


def test_late_news_of_success_does_not_revive_a_failed_refund(
    organization: Organization, payment: Payment
) -> None:
    give_back(payment, 10000, answer=done())
    failed = refund_outcome(Status.DECLINED, reference="re_1")
    take(payment.gateway_account, failed)
    before = final_state(organization)
    take(payment.gateway_account, done(), failed)
    assert final_state(organization) == before
    assert_all_square()


def test_a_refund_that_never_reached_the_provider_and_did_after_all(
    organization: Organization, payment: Payment
) -> None:
    """The adapter was sure that it was not sent, and was wrong: money is truth."""
    made = give_back(payment, 10000, answer=refund_outcome(Status.NOT_SENT))
    assert made.state == "failed"
    take(payment.gateway_account, refund_outcome(reference="re_1", key=made.id, amount=eur(10000)))
    made.refresh_from_db()
    assert made.state == "succeeded"
    assert_all_square()


def test_a_refund_made_at_the_provider_is_booked(organization: Organization, payment: Payment) -> None:
    news = refund_outcome(reference="re_9", amount=eur(2500), charge_reference=payment.reference)
    take(payment.gateway_account, news)
    take(payment.gateway_account, news)
    made = Refund.objects.get(organization=organization)
    assert (made.state, made.amount_minor, made.reason) == ("succeeded", 2500, "Made at the provider")
    assert invoice_of(payment).paid_minor == 7500
    assert_all_square()


def test_two_accounts_may_call_their_refunds_alike(
    organization: Organization, customer: Customer, payment: Payment
) -> None:
    elsewhere = add_gateway_account(
        organization=organization, gateway="scripted", label="Another", settings={}, actor=SYSTEM
    )
    other = paid(organization, customer, elsewhere)
    mine = give_back(payment, 2500, answer=refund_outcome(Status.PENDING, reference="re_1", amount=eur(2500)))
    take(elsewhere, refund_outcome(reference="re_1", amount=eur(2500), charge_reference=other.reference))
    mine.refresh_from_db()
    (theirs,) = Refund.objects.filter(organization=organization, payment=other)
    assert (mine.state, theirs.state) == ("pending", "succeeded")
    assert (invoice_of(payment).paid_minor, invoice_of(other).paid_minor) == (10000, 7500)
    assert_all_square()


def test_two_refunds_made_at_the_provider_in_one_batch(organization: Organization, payment: Payment) -> None:
    take(
        payment.gateway_account,
        refund_outcome(
            Status.PENDING, reference="re_1", amount=eur(2500), charge_reference=payment.reference
        ),
        refund_outcome(reference="re_2", amount=eur(2500), charge_reference=payment.reference),
        refund_outcome(reference="re_1", amount=eur(2500), charge_reference=payment.reference),
    )
    assert invoice_of(payment).paid_minor == 5000
    assert_all_square()


def test_a_refund_of_more_than_was_captured_waits(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    with pytest.raises(OutcomeTooEarly):
        take(account, refund_outcome(reference="re_1", amount=eur(1), charge_reference=payment.reference))
    assert not Refund.objects.filter(organization=organization).exists()


@pytest.mark.parametrize("wrong", [eur(5999), eur(0), usd(6000)])
def test_a_refund_of_another_amount_than_asked_is_refused(payment: Payment, wrong: object) -> None:
    give_back(payment, 6000, answer=refund_outcome(Status.PENDING, reference="re_1"))
    with pytest.raises(OutcomeContradicts):
        take(payment.gateway_account, refund_outcome(reference="re_1", amount=wrong))
    assert_all_square()


def test_a_fee_in_another_currency_is_refused(payment: Payment) -> None:
    give_back(payment, 6000, answer=refund_outcome(Status.PENDING, reference="re_1"))
    with pytest.raises(OutcomeContradicts):
        take(payment.gateway_account, refund_outcome(reference="re_1", amount=eur(6000), fee=usd(-10)))


def test_what_is_disputed_cannot_be_given_back(payment: Payment) -> None:
    case = dispute_outcome(
        DisputeStage.OPENED, reference="dp_1", amount=eur(10000), charge_reference=payment.reference
    )
    take(payment.gateway_account, case)
    with pytest.raises(RefundTooHigh):
        give_back(payment, 1)


@pytest.mark.parametrize("minor", [0, -1])
def test_amounts_that_cannot_be_given_back(payment: Payment, minor: int) -> None:
    with pytest.raises(InvalidPayment) as refused:
        give_back(payment, minor)
    assert refused.value.field == "amount"


def test_refusals_name_their_reason(
    organization: Organization, customer: Customer, account: GatewayAccount, payment: Payment
) -> None:
    with pytest.raises(InvalidPayment, match="succeeded"):
        give_back(started(organization, customer, account), 100)
    with pytest.raises(InvalidPayment, match="EUR"):
        refund(
            organization=organization,
            payment_id=payment.id,
            amount=usd(100),
            reason="",
            key=a_key(),
            actor=SYSTEM,
        )
    with pytest.raises(PaymentUnknown):
        refund(
            organization=factories.make_organization(),
            payment_id=payment.id,
            amount=eur(100),
            reason="",
            key=a_key(),
            actor=SYSTEM,
        )
    with pytest.raises(PermissionDenied):
        refund(
            organization=organization,
            payment_id=payment.id,
            amount=eur(100),
            reason="",
            key=a_key(),
            actor=factories.member_actor(organization, Role.BILLING_CLERK),
        )
    assert not Refund.objects.filter(organization=organization).exists()


def test_only_what_the_provider_can_do_is_asked(payment: Payment, settings: Settings) -> None:
    settings.ALLSQUARE_GATEWAYS = {"scripted": "tests.payments.test_refund.WholeOnly"}
    with pytest.raises(InvalidPayment, match="whole"):
        give_back(payment, 100)
    settings.ALLSQUARE_GATEWAYS = {"scripted": "tests.payments.test_refund.Never"}
    with pytest.raises(InvalidPayment, match="another way"):
        give_back(payment, 10000)


def test_cash_goes_back_out_of_the_till(organization: Organization, customer: Customer) -> None:
    invoice = issued_invoice(organization, customer)
    payment = pay(invoice, offline_account(organization), method=MethodKind.CASH)
    give_back(payment, 3000)
    assert balances(organization) == {"cash": 7000, "receivable": 3000, "sales": -10000}
    assert_all_square()


@pytest.mark.parametrize(
    ("method", "asked"), [(MethodKind.BANK_TRANSFER, 1), (MethodKind.CASH, 0), (MethodKind.CHEQUE, 0)]
)
def test_a_transfer_that_goes_back_is_a_task_until_somebody_sent_it(
    organization: Organization, customer: Customer, method: MethodKind, asked: int
) -> None:
    """No bank is told by us. What is in the till is handed over at once."""
    invoice = issued_invoice(organization, customer, total="100.00")
    payment = pay(invoice, offline_account(organization), method=method)
    key = a_key()
    for _again in range(2):
        refund(
            organization=organization,
            payment_id=payment.id,
            amount=eur(4000),
            reason="",
            key=key,
            actor=SYSTEM,
        )
    tasks = list(Attention.objects.filter(organization=organization))
    assert len(tasks) == asked
    for task in tasks:
        assert (task.kind, task.subject_id) == ("refund_to_send", Refund.objects.get(payment=payment).id)
        assert f"Send €40.00 back by a bank transfer, for a payment of invoice {invoice.number}" in sentence(
            task.kind, task.data
        )
        resolve_attention(organization=organization, task_id=task.id, actor=SYSTEM)
        task.refresh_from_db()
        assert task.resolved_at is not None
    assert_all_square()
