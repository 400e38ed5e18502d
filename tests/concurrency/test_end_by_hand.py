"""A colleague says how a payment ended, while another says the other, or the provider says it itself."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError
from uuid import UUID

import pytest

from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.models import JournalEntry
from allsquare.payments.by_hand import Came
from allsquare.payments.errors import HasEnded, NotLeftOpen, ProviderAnswers
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services import end_payment_by_hand as module
from allsquare.payments.services.raise_left_open import raise_left_open
from tests.concurrency.races import at_once, failures, succeeded
from tests.payments.by_hand import came_with, end_payment, news_of
from tests.payments.flows import pay, take
from tests.payments.makers import SILENT, eur, issued_invoice, open_tasks
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

ROUNDS = 5


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider is silent, without a script that two threads would share."""
    monkeypatch.setattr(module, "check_payment", lambda **_given: None)


def silent(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    payment = pay(issued_invoice(organization, customer), account, answer=SILENT)
    payment.refresh_from_db()
    payment.created_at = payment.created_at.replace(year=payment.created_at.year - 1)
    payment.save(update_fields=["created_at"])
    payment.organization = organization
    return payment


def say(payment: Payment, came: Came | None) -> str:
    """The state that whoever says so is shown."""
    return end_payment(payment, came, answer=None).state


def hear(payment: Payment, number: int) -> str:
    """A webhook."""
    news = news_of(payment, reference=f"ch_{number}", amount=eur(10000), fee=eur(175))
    take(payment.gateway_account, news)
    return ""


def settlements(organization: Organization) -> int:
    return JournalEntry.objects.filter(organization=organization, kind="payment.settled").count()


def test_two_colleagues_who_say_two_things_are_one_end(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    for _round in range(ROUNDS):
        payment = silent(organization, customer, account)
        answers = at_once([partial(say, payment, None), partial(say, payment, came_with(10000))])
        refused = failures(answers)
        payment.refresh_from_db()
        if not refused:  # the second came after the first, and corrected it
            assert (payment.state, payment.captured_minor) == ("succeeded", 10000)
            continue
        assert len(refused) == 1
        assert isinstance(refused[0], HasEnded | NotLeftOpen | ProviderAnswers)
        (ended,) = succeeded(answers)
        assert payment.state == ended
    assert_all_square()


def test_two_who_say_the_same_book_it_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    for number in range(1, ROUNDS + 1):
        payment = silent(organization, customer, account)
        answers = at_once([partial(say, payment, came_with(10000))] * 3)
        assert len(failures(answers)) == 2
        assert settlements(organization) == number
    assert_all_square()


def test_a_colleague_and_a_late_webhook_are_one_settlement(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Whoever is first: the provider's name and its word stand at the end, and nothing looks like a second charge."""
    for number in range(1, ROUNDS + 1):
        payment = silent(organization, customer, account)
        answers = at_once([partial(say, payment, came_with(10000, 175)), partial(hear, payment, number)])
        assert all(isinstance(each, HasEnded | ProviderAnswers) for each in failures(answers))
        payment.refresh_from_db()
        assert (payment.reference, payment.failure_code) == (f"ch_{number}", "")
        assert settlements(organization) == number
    assert "second_charge" not in {task.kind for task in open_tasks(organization)}
    assert_all_square()


def test_a_colleague_who_says_that_nothing_came_does_not_lose_what_does(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    for number in range(1, ROUNDS + 1):
        payment = silent(organization, customer, account)
        at_once([partial(say, payment, None), partial(hear, payment, number)])
        payment.refresh_from_db()
        assert (payment.state, payment.captured_minor) == ("succeeded", 10000)
    assert_all_square()


def test_control_without_the_lock_two_colleagues_say_two_things(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each finds the payment open. The second says another sum of what has ended, and nobody is told."""
    both = Barrier(2)

    class Unlocked:
        def __init__(self, payment: Payment) -> None:
            self.payments = {payment.id: payment}

    def read(*, payment_ids: list[UUID], **_given: object) -> Unlocked:
        found = Payment.objects.get(organization=organization, id=payment_ids[0])
        with suppress(BrokenBarrierError):
            both.wait(timeout=10)
        return Unlocked(found)

    monkeypatch.setattr(module, "lock", read)
    payment = silent(organization, customer, account)
    answers = at_once([partial(say, payment, came_with(10000)), partial(say, payment, came_with(9000))])
    assert not failures(answers), "both believe that what they said stands"


def test_two_workers_raise_one_task(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    for _payment in range(3):
        silent(organization, customer, account)
    answers = at_once([partial(raise_left_open, organization=organization)] * 4)
    assert not failures(answers)
    assert sum(succeeded(answers)) == 3
    assert [task.kind for task in open_tasks(organization)].count("payment_left_open") == 3
