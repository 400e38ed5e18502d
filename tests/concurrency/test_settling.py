"""Faults 4 and 25: the same news many times at once, and batches that meet in opposite orders."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from allsquare.core import transactions
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.models import JournalEntry
from allsquare.payments.gateway import Outcome, Status
from allsquare.payments.models import GatewayAccount, InboxEvent, Payment, Refund
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from allsquare.payments.settlement import locked
from allsquare.payments.settlement.refunds import settle_refunds
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.flows import pay, started, take
from tests.payments.makers import SIGNATURE, ScriptedGateway, charge, eur, issued_invoice, refund_outcome
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency


def capture(payment: Payment) -> Outcome:
    return charge(reference=payment.reference, amount=eur(payment.amount_minor), fee=eur(175))


def settled(organization: Organization) -> int:
    return JournalEntry.objects.filter(organization=organization, kind="payment.settled").count()


def test_ten_copies_of_a_webhook_at_once_have_one_effect(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    ScriptedGateway.news["evt_1"] = [capture(payment)]
    body = json.dumps({"id": "evt_1", "kind": "charge.succeeded", "object": payment.reference}).encode()

    def deliver() -> bool:
        is_new = receive(
            organization=organization, gateway_account=account, headers={"signature": SIGNATURE}, body=body
        )
        drain(organization=organization, gateway_account=account)
        return is_new

    answers = at_once([deliver] * 10)
    assert not failures(answers)
    assert sorted(succeeded(answers)) == [False] * 9 + [True]
    assert InboxEvent.objects.get(organization=organization).state == "done"
    assert settled(organization) == 1
    told = Event.objects.filter(organization_id=organization.id, kind="payment.succeeded")
    assert told.count() == 1
    assert_all_square()


def test_the_same_outcome_ten_times_at_once_is_one_entry(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    answers = at_once([partial(take, account, capture(payment))] * 10)
    assert not failures(answers)
    assert settled(organization) == 1
    assert_all_square()


def test_control_without_locks_the_same_outcome_is_taken_more_than_once(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guards below the lock refuse what would be booked twice, and that refusal is the proof of the race."""
    assert locked._LOCK.count("FOR NO KEY UPDATE") == 2
    monkeypatch.setattr(locked, "_LOCK", locked._LOCK.replace("FOR NO KEY UPDATE", ""))
    payment = started(organization, customer, account)
    answers = at_once([partial(take, account, capture(payment))] * 10)
    assert failures(answers)
    assert settled(organization) == 1


def test_many_payments_of_one_invoice_at_once_lose_nothing(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Eight payers, one invoice, each with a page open for all of it: one pays it, seven have credit."""
    invoice = issued_invoice(organization, customer)
    pages = [
        charge(Status.ACTION_REQUIRED, reference=f"ch_{n}", redirect="https://pay.example/") for n in range(8)
    ]
    payments = [pay(invoice, account, amount=eur(10000 - n), answer=page) for n, page in enumerate(pages)]
    assert not failures(at_once([partial(take, account, capture(payment)) for payment in payments]))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.paid_minor) == ("paid", 10000)
    assert settled(organization) == 8
    assert_all_square()


def test_batches_in_opposite_orders_do_not_deadlock(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payments = [started(organization, customer, account) for _ in range(12)]
    news = [capture(payment) for payment in payments]
    assert not failures(at_once([partial(take, account, *news), partial(take, account, *reversed(news))] * 3))
    assert settled(organization) == 12
    assert_all_square()


@pytest.fixture
def crossing(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Callable[[], None]]:
    """Two batches that surely deadlock: each has locked its charge when it goes on to the other's refund."""
    one, two = started(organization, customer, account), started(organization, customer, account)
    take(account, capture(one), capture(two))
    meeting = threading.Barrier(2)
    been_there = set()

    def after_both_have_charged(*given: object) -> object:
        if threading.get_ident() not in been_there:
            been_there.add(threading.get_ident())
            meeting.wait(timeout=30)
        return settle_refunds(*given)  # type: ignore[arg-type]  # whatever it was given

    monkeypatch.setattr("allsquare.payments.services.settle.settle_refunds", after_both_have_charged)
    return [
        partial(
            take,
            account,
            capture(first),
            refund_outcome(reference=f"re_{first.id}", amount=eur(100), charge_reference=second.reference),
        )
        for first, second in ((one, two), (two, one))
    ]


def test_a_deadlock_costs_a_moment_and_no_money(
    organization: Organization, crossing: list[Callable[[], None]]
) -> None:
    """The database chooses a victim, and the victim is run again."""
    assert not failures(at_once(crossing))
    assert Refund.objects.filter(organization=organization, state="succeeded").count() == 2
    assert_all_square()


def test_control_without_another_try_the_victim_fails(
    crossing: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    (victim,) = failures(at_once(crossing))
    assert isinstance(victim.__cause__, psycopg.errors.DeadlockDetected)


def test_two_workers_drain_one_inbox_without_meeting(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payments = [started(organization, customer, account) for _ in range(12)]
    for payment in payments:
        name = str(payment.id)
        ScriptedGateway.news[name] = [capture(payment)]
        receive(
            organization=organization,
            gateway_account=account,
            headers={"signature": SIGNATURE},
            body=json.dumps({"id": name, "kind": "charge.succeeded", "object": payment.reference}).encode(),
        )
    answers = at_once([partial(drain, organization=organization, gateway_account=account, limit=4)] * 6)
    assert not failures(answers)
    while drain(organization=organization, gateway_account=account):
        continue
    assert settled(organization) == 12
    assert set(InboxEvent.objects.values_list("state", flat=True)) == {"done"}
    assert_all_square()
