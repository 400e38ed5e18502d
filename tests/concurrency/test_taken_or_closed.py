"""One process captures what a payer agreed to while another closes the page: the money is taken, or it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.payments import taking
from allsquare.payments.asking import close_page
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.drain import drain
from tests.concurrency.races import at_once, failures
from tests.faults.rails import Rail, gocardless_rail, paypal_rail
from tests.payments.makers import a_key
from tests.payments.test_hints_at_once import agreed
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

ROUNDS = 5


@pytest.fixture
def rail(transactional_db: None) -> Iterator[Rail]:
    yield from paypal_rail()


@pytest.fixture
def debits(transactional_db: None) -> Iterator[Rail]:
    yield from gocardless_rail()


def is_taken_though_given_up(rail: Rail) -> bool:
    """Two hear of the approval while the payer takes another way."""
    payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
    rail.agrees(payment)
    check = partial(check_payment, organization=rail.organization, payment=payment)
    close = partial(close_page, organization=rail.organization, payment=payment, actor=SYSTEM)
    works: list[Callable[[], object]] = [check, close, check]
    answers = at_once(works)
    assert not failures(answers)
    told = Event.objects.filter(organization_id=rail.organization.id, subject_id=payment.id)
    given_up = told.filter(kind="payment.canceled").exists()
    return given_up and bool(rail.charged(rail.key_of(payment)))


def test_what_was_given_up_is_not_taken(rail: Rail) -> None:
    for _ in range(ROUNDS):
        assert not is_taken_though_given_up(rail)
    assert_all_square()


def test_what_was_given_up_is_not_collected(debits: Rail) -> None:
    for _ in range(ROUNDS):
        assert not is_taken_though_given_up(debits)
    assert_all_square()


def are_taken_though_given_up(rail: Rail) -> bool:
    """The news of many approvals is heard by several threads at once while each payer takes another way."""
    payments = agreed(rail)
    hear = partial(drain, organization=rail.organization, gateway_account=rail.account)
    closes = [
        partial(close_page, organization=rail.organization, payment=each, actor=SYSTEM) for each in payments
    ]

    def close_all() -> None:
        for close in closes:
            close()

    works: list[Callable[[], object]] = [hear, close_all]
    assert not failures(at_once(works))
    told = Event.objects.filter(organization_id=rail.organization.id, kind="payment.canceled")
    given_up = set(told.values_list("subject_id", flat=True))
    return any(each.id in given_up and rail.charged(rail.key_of(each)) for each in payments)


def test_what_was_given_up_is_not_taken_by_threads_that_hear_of_many(rail: Rail) -> None:
    for _ in range(2):
        assert not are_taken_though_given_up(rail)
    assert_all_square()


def unmarked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking._Hold, "may_take", lambda _hold, _attempt: True)
    monkeypatch.setattr(taking, "close", lambda _organization, _payment: False)


def test_control_without_the_mark_it_is_both(rail: Rail, monkeypatch: pytest.MonkeyPatch) -> None:
    unmarked(monkeypatch)
    for _ in range(20):
        if is_taken_though_given_up(rail):
            return
    pytest.fail("without the mark it was never both, so the test above proves nothing")


def test_control_without_the_mark_many_are_both(rail: Rail, monkeypatch: pytest.MonkeyPatch) -> None:
    unmarked(monkeypatch)
    for _ in range(20):
        if are_taken_though_given_up(rail):
            return
    pytest.fail("without the mark it was never both, so the test above proves nothing")


def test_control_without_the_mark_it_is_collected_under_a_mandate_that_was_given_up(
    debits: Rail, monkeypatch: pytest.MonkeyPatch
) -> None:
    unmarked(monkeypatch)
    for _ in range(20):
        if is_taken_though_given_up(debits):
            return
    pytest.fail("without the mark it was never both, so the test above proves nothing")
