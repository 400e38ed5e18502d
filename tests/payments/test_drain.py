"""The inbox: each piece of news has its effect once, in whatever order it comes, and poison stands aside."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import psycopg
import pytest
from django.db import DatabaseError, OperationalError

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import Conflict
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.models import JournalEntry
from allsquare.payments.gateway import DisputeStage, Outcome, Status
from allsquare.payments.models import Attention, GatewayAccount, InboxEvent, Payment
from allsquare.payments.services import drain as room
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import ASKED, TRIES, drain
from allsquare.payments.services.settle import settle
from allsquare.payments.services.sweep import sweep
from tests import factories
from tests.payments.flows import final_state, started
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    dispute_outcome,
    eur,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.square import assert_all_square


def arrive(account: GatewayAccount, *outcomes: Outcome, seconds: int = 0) -> InboxEvent:
    """A delivery is in the inbox, that happened ``seconds`` from now."""
    name = a_key()
    ScriptedGateway.news[name] = list(outcomes)
    now = clock.now(None)
    return InboxEvent.objects.create(
        organization=account.organization,
        gateway_account=account,
        external_id=name,
        kind="news",
        object_reference="",
        payload={},
        occurred_at=now + timedelta(seconds=seconds),
        received_at=now,
        next_try_at=now,
    )


def drained(account: GatewayAccount) -> int:
    """Drain, without waiting for the next try."""
    InboxEvent.objects.filter(organization=account.organization).update(next_try_at=clock.now(None))
    return drain(organization=account.organization, gateway_account=account)


def states(account: GatewayAccount) -> list[str]:
    rows = InboxEvent.objects.filter(organization=account.organization).order_by("id")
    return list(rows.values_list("state", flat=True))


def capture(payment: Payment, minor: int = 10000) -> Outcome:
    return charge(reference=payment.reference, amount=eur(minor), fee=eur(175))


def test_news_has_its_effect_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    arrive(account, capture(payment))
    assert drained(account) == 1
    once = final_state(organization)
    assert drained(account) == 0
    arrive(account, capture(payment))  # the same news under another id
    arrive(account, capture(payment))
    assert drained(account) == 2
    assert final_state(organization) == once
    assert states(account) == ["done"] * 3
    assert JournalEntry.objects.filter(organization=organization, kind="payment.settled").count() == 1
    assert_all_square()


def test_an_empty_inbox_is_no_work(account: GatewayAccount) -> None:
    assert drained(account) == 0


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
def test_every_order_of_news_comes_to_the_same_books(db: None, together: bool) -> None:
    """Charge, refund, dispute opened, dispute won: 24 orders. Times of happening are equal, so nothing sorts them."""
    found = []
    for order in permutations(range(4)):
        organization = factories.make_organization()
        account = scripted_account(organization)
        payment = started(organization, factories.make_customer(organization), account)
        about = {"amount": eur(6000), "fee": eur(1500), "charge_reference": payment.reference}
        news = [
            capture(payment),
            refund_outcome(reference="re", amount=eur(4000), charge_reference=payment.reference),
            dispute_outcome(DisputeStage.OPENED, reference="dp", **about),
            dispute_outcome(DisputeStage.WON, reference="dp", **about),
        ]
        for number in order:
            arrive(account, news[number])
            if not together:
                drained(account)
        for _ in range(2):
            drained(account)
        assert set(states(account)) == {"done"}
        found.append(final_state(organization))
    assert all(state == found[0] for state in found)
    assert_all_square()


def test_what_happened_first_is_read_first(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Pending after failed would be refused, failed after pending is a bounce: the time of happening decides."""
    payment = started(organization, customer, account)
    arrive(account, charge(Status.DECLINED, reference=payment.reference, code="bounced"), seconds=2)
    arrive(account, charge(Status.PENDING, reference=payment.reference), seconds=1)
    drained(account)
    payment.refresh_from_db()
    assert payment.state == "failed"


def test_poison_is_parked_with_a_task_while_the_rest_flows(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    good = [started(organization, customer, account) for _ in range(3)]
    bad = started(organization, customer, account)
    arrive(account, capture(good[0]))
    poison = arrive(account, charge(reference=bad.reference, amount=usd(10000)))
    arrive(account, capture(good[1]))
    unreadable = arrive(account, capture(good[1]))
    del ScriptedGateway.news[unreadable.external_id]  # the adapter raises KeyError
    arrive(account, capture(good[2]))
    assert drained(account) == 5
    assert states(account) == ["done", "parked", "done", "parked", "done"]
    poison.refresh_from_db()
    assert poison.error == "The provider reports USD for a payment in EUR."
    paid = Payment.objects.filter(organization=organization, state="succeeded")
    assert {payment.id for payment in paid} == {payment.id for payment in good}
    tasks = Attention.objects.filter(organization=organization, kind="delivery_parked")
    assert {task.subject_id for task in tasks} == {poison.id, unreadable.id}
    assert drained(account) == 0
    assert_all_square()


def test_all_outcomes_of_one_delivery_are_taken_or_none(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    arrive(account, capture(payment), charge(reference="ch_of_others", amount=eur(1)))
    drained(account)
    payment.refresh_from_db()
    assert payment.state == "needs_action"


def test_news_of_nothing_that_we_know_is_tried_again_and_then_parked(account: GatewayAccount) -> None:
    row = arrive(account, charge(reference="ch_of_others", amount=eur(1)))
    waits = []
    for _ in range(TRIES):
        before = clock.now(None)
        drained(account)
        row.refresh_from_db()
        waits.append(round((row.next_try_at - before).total_seconds()))
    assert waits == [2**n for n in range(TRIES)]
    assert (row.state, row.tries) == ("parked", TRIES)
    assert Attention.objects.filter(organization=account.organization, subject_id=row.id).count() == 1


def test_what_is_too_early_has_its_payment_asked_about_and_waits_for_it(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The news that a debit cleared never came, and the plan asks about one hours later; meanwhile its bank fetches the
    money back. That news waits, and is not left to a person, who could do nothing about it."""
    payment = started(organization, customer, account)
    late = clock.now(None) + timedelta(hours=6)
    Payment.objects.filter(id=payment.id).update(state="pending", next_check_at=late)
    about = {"amount": eur(10000), "fee": eur(1500), "charge_reference": payment.reference}
    row = arrive(account, dispute_outcome(DisputeStage.OPENED, reference="dp", **about))
    for _ in range(ASKED - 1):
        drained(account)
    row.refresh_from_db()
    assert (row.state, row.tries) == ("received", ASKED - 1)
    payment.refresh_from_db()
    assert payment.next_check_at is not None
    assert payment.next_check_at < late
    ScriptedGateway.lookups.append(capture(payment))
    assert sweep(organization=organization) == 1
    drained(account)
    assert states(account) == ["done"]
    assert not Attention.objects.filter(organization=organization, kind="delivery_parked").exists()
    assert_all_square()


def test_what_is_too_early_for_ever_is_left_to_a_person(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = started(organization, customer, account)
    about = {"amount": eur(10000), "fee": eur(1500), "charge_reference": payment.reference}
    row = arrive(account, dispute_outcome(DisputeStage.OPENED, reference="dp", **about))
    for _ in range(ASKED):
        drained(account)
    row.refresh_from_db()
    assert (row.state, row.tries) == ("parked", ASKED)
    assert Attention.objects.filter(organization=organization, subject_id=row.id).count() == 1


def test_news_of_what_may_be_ours_waits_until_all_have_their_names(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The answer to a request was lost, and so is what its provider calls it: a refund of it has no owner yet."""
    payment = started(organization, customer, account)
    name, soon = payment.reference, clock.now(None)
    Payment.objects.filter(id=payment.id).update(state="unknown", reference=None, next_check_at=soon)
    arrive(account, refund_outcome(reference="re", amount=eur(4000), charge_reference=name))
    for _ in range(TRIES + 2):
        drained(account)
    assert states(account) == ["received"]
    ScriptedGateway.lookups.append(charge(reference=name, amount=eur(10000), fee=eur(175)))
    assert sweep(organization=organization) == 1
    drained(account)
    assert states(account) == ["done"]
    assert_all_square()


def test_what_waits_for_its_next_try_is_left_alone(account: GatewayAccount) -> None:
    arrive(account, charge(reference="ch_of_others", amount=eur(1)))
    assert drained(account) == 1
    assert drain(organization=account.organization, gateway_account=account) == 0


def test_one_account_cannot_speak_for_another(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Whoever holds a second account's secret must not be able to call the first one's payments paid."""
    payment = started(organization, customer, account)
    attempt = payment.attempts.get(organization=organization)
    other = add_gateway_account(
        organization=organization, gateway="scripted", label="Second", settings={}, actor=SYSTEM
    )
    row = arrive(other, charge(key=attempt.id, reference=payment.reference, amount=eur(10000)))
    drained(other)
    row.refresh_from_db()
    payment.refresh_from_db()
    assert "which is not ours" in row.error
    assert payment.state == "needs_action"


def test_a_deadlock_is_nobodys_fault_and_parks_nothing(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = started(organization, customer, account)
    arrive(account, capture(payment))

    def deadlock(**given: object) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as patched:
        patched.setattr("allsquare.payments.services.drain.settle", deadlock)
        with pytest.raises(OperationalError):
            drained(account)
    assert states(account) == ["received"]
    drained(account)
    assert states(account) == ["done"]
    assert_all_square()


def test_one_culprit_among_many_is_found_in_a_few_steps(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one would be sixty-five transactions."""
    payment = started(organization, customer, account)
    for number in range(64):
        arrive(account, *([capture(payment)] if number == 5 else []), seconds=number)
    poison = arrive(account, capture(payment), charge(reference="of_nobody"), seconds=40)
    sizes: list[int] = []

    def counted(*args: object, **kwargs: object) -> object:
        sizes.append(len(kwargs["outcomes"]))  # type: ignore[arg-type]  # what settle is given
        return settle(*args, **kwargs)  # type: ignore[arg-type]  # as above

    monkeypatch.setattr(room, "settle", counted)
    assert drained(account) == 65

    assert len(sizes) <= 15
    assert states(account).count("done") == 64
    poison.refresh_from_db()
    assert (poison.state, poison.tries) == ("received", 1)
    assert JournalEntry.objects.filter(organization=organization, kind="payment.settled").count() == 1


def _outdated() -> DatabaseError:
    """As Django tells of what the server no longer has."""
    error = DatabaseError("prepared statement does not exist")
    error.__cause__ = psycopg.errors.InvalidSqlStatementName("prepared statement does not exist")
    return error


@pytest.mark.parametrize("error", [_outdated(), Conflict("a payment changed")])
def test_what_the_next_try_does_better_is_not_parked(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    payment = started(organization, customer, account)
    arrive(account, capture(payment))

    def fails(**given: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(room, "settle", fails)
        drained(account)
    assert states(account) == ["received"]
    assert not Attention.objects.filter(organization=organization).exists()
    drained(account)
    assert states(account) == ["done"]
    assert_all_square()
