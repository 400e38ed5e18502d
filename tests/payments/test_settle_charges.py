"""The door, for charges: what is booked, allocated, credited and told."""

from __future__ import annotations

from typing import Any

import pytest

from allsquare.billing.services.void import void
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import OutcomeContradicts, OutcomeUnmatched
from allsquare.payments.gateway import MethodKind, SavedMethod, Status
from allsquare.payments.models import (
    Allocation,
    Attention,
    CreditMovement,
    GatewayAccount,
    Payment,
    PaymentAttempt,
    PaymentMethod,
)
from allsquare.payments.settlement import charges, locked
from tests.payments.crediting import credit
from tests.payments.flows import lines_of, pay, started, take
from tests.payments.makers import a_key, charge, eur, issued_invoice, usd
from tests.payments.several import begin, together
from tests.square import assert_all_square


def test_a_capture_pays_the_invoice_and_books_gross_fee_net(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    take(account, charge(reference=payment.reference, amount=eur(10000), fee=eur(175)))
    payment.refresh_from_db()
    invoice = payment.invoice
    assert invoice is not None
    assert (payment.state, payment.captured_minor, payment.fee_minor) == ("succeeded", 10000, 175)
    assert (invoice.state, invoice.paid_minor) == ("paid", 10000)
    assert lines_of(payment) == {"clearing": 9825, "gateway_fees": 175, "receivable": -10000}
    assert not CreditMovement.objects.filter(organization=organization).exists()
    kinds = list(
        Event.objects.filter(organization_id=organization.id).order_by("id").values_list("kind", flat=True)
    )
    assert kinds.count("payment.succeeded") == kinds.count("invoice.paid") == 1
    assert_all_square()


def test_repeated_and_late_news_changes_nothing(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    good = charge(reference=payment.reference, amount=eur(10000), fee=eur(175))
    take(account, good, good)
    take(account, good)
    take(
        account,
        charge(Status.PENDING, reference=payment.reference),
        charge(Status.DECLINED, reference=payment.reference),
    )
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert Allocation.objects.filter(organization=organization).count() == 1
    assert_all_square()


def test_a_method_is_kept_when_it_has_paid_and_not_before(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    method = SavedMethod("pm_1", MethodKind.BANK_DEBIT)
    kept = PaymentMethod.objects.filter(organization=organization)
    take(account, charge(Status.PENDING, reference=payment.reference, method=method))
    assert not kept.exists()
    take(account, charge(reference=payment.reference, amount=eur(10000), fee=eur(0), method=method))
    assert kept.get().token == "pm_1"


def test_what_is_over_becomes_customer_credit(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    take(account, charge(reference=payment.reference, amount=eur(11000), fee=eur(0)))
    payment.refresh_from_db()
    (movement,) = CreditMovement.objects.filter(organization=organization)
    assert (movement.amount_minor, movement.reason) == (1000, "overpayment")
    assert lines_of(payment) == {"clearing": 11000, "receivable": -10000, "customer_credit": -1000}
    assert_all_square()


def test_a_tip_below_nothing_is_none(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    take(account, charge(reference=payment.reference, amount=eur(10000), fee=eur(0), tip=eur(-500)))
    payment.refresh_from_db()
    assert payment.invoice is not None
    assert payment.invoice.paid_minor == 10000
    assert not CreditMovement.objects.filter(organization=organization).exists()
    assert_all_square()


def test_a_partial_capture_leaves_the_rest_open(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account, total="12.34")
    take(account, charge(reference=payment.reference, amount=eur(1000), fee=eur(39)))
    invoice = Payment.objects.get(organization=organization, id=payment.id).invoice
    assert invoice is not None
    assert (invoice.state, invoice.open_minor) == ("partly_paid", 234)
    assert_all_square()


def test_money_for_a_void_invoice_is_credit_and_a_task(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    assert payment.invoice_id
    void(organization=organization, invoice_id=payment.invoice_id, reason="wrong customer", actor=SYSTEM)
    take(account, charge(reference=payment.reference, amount=eur(10000), fee=eur(100)))
    (movement,) = CreditMovement.objects.filter(organization=organization)
    assert (movement.amount_minor, movement.reason) == (10000, "void_invoice")
    assert Attention.objects.filter(organization=organization, kind="money_for_void_invoice").count() == 1
    assert_all_square()


def test_an_invoice_that_is_paid_once_more_is_a_task(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """By two ways that were open at once. Whoever pays a little more than is asked expects nothing of it."""
    first = started(organization, customer, account)
    assert first.invoice
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_second", redirect="https://pay.example/")
    second = pay(first.invoice, account, method=MethodKind.BANK_DEBIT, answer=waiting)
    take(account, charge(reference=first.reference, amount=eur(10100)))
    assert not Attention.objects.filter(organization=organization).exists()
    take(account, charge(reference=second.reference, amount=eur(10000)))
    task = Attention.objects.get(organization=organization)
    assert (task.kind, task.data) == ("paid_twice", {"invoice": first.invoice.number})
    assert_all_square()


def test_a_debit_that_had_failed_is_tried_again_there(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    pending, refused = (
        charge(status, reference=payment.reference) for status in (Status.PENDING, Status.DECLINED)
    )
    take(account, pending, refused, pending)
    payment.refresh_from_db()
    assert payment.state == "failed", "news by itself may be late"
    take(account, pending, current=True)
    payment.refresh_from_db()
    assert (payment.state, payment.next_check_at is None) == ("pending", False)
    take(account, charge(reference=payment.reference, amount=eur(10000)))
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert_all_square()


def test_money_for_an_invoice_credited_whole_is_credit_and_a_task(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    assert payment.invoice
    credit(payment.invoice)
    take(account, charge(reference=payment.reference, amount=eur(10000), fee=eur(100)))
    (movement,) = CreditMovement.objects.filter(organization=organization)
    assert (movement.amount_minor, movement.reason) == (10000, "overpayment")
    task = Attention.objects.get(organization=organization)
    assert (task.kind, task.data) == ("money_for_credited_invoice", {"invoice": payment.invoice.number})
    assert_all_square()


def test_a_batch_settles_like_singles(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payments = [started(organization, customer, account, total=f"{n}.00") for n in range(1, 8)]
    take(account, *[charge(reference=p.reference, amount=eur(p.amount_minor), fee=eur(30)) for p in payments])
    states = Payment.objects.filter(organization=organization).values_list("state", "invoice__state")
    assert set(states) == {("succeeded", "paid")}
    assert_all_square()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status.DECLINED, "declined"),
        (Status.PENDING, "pending"),
        (Status.NOT_SENT, "needs_action"),
        (Status.UNKNOWN, "needs_action"),
    ],
)
def test_other_news_moves_the_state_only(
    organization: Organization, customer: Customer, account: GatewayAccount, status: Status, state: str
) -> None:
    payment = started(organization, customer, account)
    if status in (Status.NOT_SENT, Status.UNKNOWN):
        state = {"not_sent": "failed", "unknown": "needs_action"}[status]
    take(account, charge(status, reference=payment.reference))
    payment.refresh_from_db()
    assert payment.state == state
    assert not Allocation.objects.filter(organization=organization).exists()


def test_a_second_charge_for_one_payment_is_never_silent(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    attempt = payment.attempts.get(organization=organization)
    for _repeat in range(2):
        take(account, charge(reference=payment.reference, amount=eur(10000), fee=eur(175)))
    assert not Attention.objects.filter(organization=organization).exists(), "the same once more is no other"
    for _repeat in range(2):
        take(account, charge(key=attempt.id, reference="ch_again", amount=eur(10000), fee=eur(175)))
    told = Event.objects.filter(organization_id=organization.id, kind="attention.raised")
    assert told.count() == 1, "however often it is heard"
    assert Attention.objects.get(organization=organization).kind == "second_charge"
    assert lines_of(payment) == {"clearing": 9825, "gateway_fees": 175, "receivable": -10000}
    assert_all_square()


def test_a_capture_after_a_decline_is_believed(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The payer tried another card on the provider's page."""
    payment = started(organization, customer, account)
    take(account, charge(Status.DECLINED, reference=payment.reference, code="expired_card"))
    take(account, charge(reference=payment.reference, amount=eur(10000), fee=eur(175)))
    payment.refresh_from_db()
    assert (payment.state, payment.failure_code) == ("succeeded", "")
    assert_all_square()


def test_late_news_in_the_same_batch_does_not_overwrite_the_answer_of_the_attempt(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    attempt = payment.attempts.get(organization=organization)
    good = charge(key=attempt.id, reference=payment.reference, amount=eur(10000), fee=eur(175))
    take(account, good, charge(Status.PENDING, key=attempt.id, reference=payment.reference))
    attempt.refresh_from_db()
    assert attempt.status == "succeeded"
    take(account, charge(Status.UNKNOWN, key=attempt.id))
    attempt.refresh_from_db()
    assert attempt.status == "succeeded"


@pytest.mark.parametrize(
    "contradiction",
    [
        {"amount": usd(10000)},
        {"amount": eur(10000), "fee": usd(175)},
        {"amount": eur(0)},
        {"amount": eur(-1)},
    ],
    ids=["currency", "currency of the fee", "nothing", "below zero"],
)
def test_news_that_contradicts_the_payment_books_nothing(
    organization: Organization, customer: Customer, account: GatewayAccount, contradiction: dict[str, Any]
) -> None:
    payment = started(organization, customer, account)
    with pytest.raises(OutcomeContradicts):
        take(account, charge(reference=payment.reference, **contradiction))
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor) == ("needs_action", 0)
    assert_all_square()


def test_one_bad_outcome_keeps_the_whole_batch_out(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    good = charge(reference=payment.reference, amount=eur(10000), fee=eur(0))
    with pytest.raises(OutcomeUnmatched):
        take(account, good, charge(reference="ch_of_others", amount=eur(1)))
    payment.refresh_from_db()
    assert payment.state == "needs_action"
    assert not Allocation.objects.filter(organization=organization).exists()


@pytest.mark.parametrize("part", [1, 2, 50])
def test_a_batch_in_parts_is_settled_as_one(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
    part: int,
) -> None:
    """What is locked is read in parts, and written in parts: whatever the order, and however often one is named."""
    monkeypatch.setattr(locked, "_PART", part)
    monkeypatch.setattr(charges, "_FIRST", part)
    monkeypatch.setattr(charges, "_STRIDE", part)
    invoices = [issued_invoice(organization, customer) for _ in range(7)]
    by_reference, by_key, both, late_refusal, last = (
        pay(invoice, account, answer=charge(Status.PENDING, reference=a_key())) for invoice in invoices[:5]
    )
    waiting = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    several = begin(together(customer, account, invoices[5:]), customer, answer=waiting)
    key = {payment.id: PaymentAttempt.objects.get(payment=payment).id for payment in (by_key, both, last)}
    take(
        account,
        charge(key=key[last.id], amount=eur(10000), fee=eur(100)),
        charge(reference=several.reference, amount=eur(several.amount_minor), fee=eur(300)),
        charge(Status.DECLINED, reference=late_refusal.reference, code="no_funds"),
        charge(reference=by_reference.reference, amount=eur(10000), fee=eur(100)),
        charge(key=key[both.id], reference=both.reference, amount=eur(10000), fee=eur(100)),
        charge(key=key[by_key.id], amount=eur(10000), fee=eur(100)),
        charge(reference=both.reference, amount=eur(10000), fee=eur(100)),
        charge(Status.PENDING, reference=last.reference),
    )
    states = {payment.id: payment.state for payment in Payment.objects.filter(organization=organization)}
    assert states.pop(late_refusal.id) == "failed"
    assert list(states.values()) == ["succeeded"] * 5
    for invoice in invoices:
        invoice.refresh_from_db()
    assert [invoice.paid_minor for invoice in invoices] == [10000, 10000, 10000, 0, 10000, 10000, 10000]
    assert Allocation.objects.filter(organization=organization).count() == 6
    assert_all_square()


def test_what_is_wrong_in_a_later_part_leaves_nothing_of_the_first(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(locked, "_PART", 1)
    monkeypatch.setattr(charges, "_FIRST", 1)
    monkeypatch.setattr(charges, "_STRIDE", 1)
    payment = started(organization, customer, account)
    news = charge(reference=payment.reference, amount=eur(10000), fee=eur(175))
    with pytest.raises(OutcomeUnmatched):
        take(account, news, charge(reference="ch_of_nobody", amount=eur(10000), fee=eur(0)))
    payment.refresh_from_db()
    assert payment.state == "needs_action"
    assert not Allocation.objects.filter(organization=organization).exists()
    assert_all_square()
