"""The news of a charge and that of the payout which contains it are settled at once: neither sees the other, and what
is ours is found all the same, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from allsquare.core.models import EventReader
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.services.post import post
from allsquare.payments.gateway import ItemKind, PayoutItem, Status
from allsquare.payments.models import GatewayAccount, PayoutOthers
from allsquare.payments.services import find_ours as module
from allsquare.payments.services.find_ours import find_ours
from allsquare.payments.settlement import arrivals, found, payouts
from tests.concurrency.races import at_once, failures
from tests.log import payouts_are_looked_at
from tests.payments.flows import balances, take
from tests.payments.makers import eur, payout_outcome
from tests.payments.test_money_of_others import captured, late
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

WORKERS = 6
SENT = payout_outcome(
    reference="po_1", amount=eur(9900), payout_items=(PayoutItem("ch_late", 9900, ItemKind.CHARGE),)
)
CAME_BACK = payout_outcome(Status.DECLINED, reference="po_1", amount=eur(9900))
RIGHT = {"gateway_fees": 100, "payouts_in_transit": 9900, "sales": -10000}


def test_whichever_is_committed_first_it_is_ours(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """While others read the log all the time, as workers do."""
    payment = late(organization, customer, account)
    works: list[Callable[[], object]] = [
        partial(take, account, SENT),
        partial(take, account, captured(payment)),
        *[payouts_are_looked_at] * 3,
    ]
    assert failures(at_once(works)) == []
    payouts_are_looked_at()
    assert balances(organization) == RIGHT
    assert_all_square()
    EventReader.objects.filter(name="payouts").delete()
    payouts_are_looked_at()  # a new one reads all from the beginning
    assert balances(organization) == RIGHT


def in_doubt(organization: Organization, customer: Customer, account: GatewayAccount) -> partial[int]:
    """A charge was told of after its payout, and nobody has looked yet; returns who looks."""
    payment = late(organization, customer, account)
    take(account, SENT)
    take(account, captured(payment))
    return partial(find_ours, organization=organization, payment_ids=[payment.id], payout_ids=[])


def test_it_is_found_once(organization: Organization, customer: Customer, account: GatewayAccount) -> None:
    works: list[Callable[[], object]] = [in_doubt(organization, customer, account)] * WORKERS
    assert failures(at_once(works)) == []
    assert balances(organization) == RIGHT
    assert PayoutOthers.objects.filter(organization=organization).count() == 1
    assert_all_square()


def test_found_while_the_bank_sends_it_back_it_is_taken_back_whole(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    find = in_doubt(organization, customer, account)
    works: list[Callable[[], object]] = [partial(take, account, CAME_BACK), find, find]
    assert failures(at_once(works)) == []
    assert balances(organization) == {"clearing": 9900, "gateway_fees": 100, "sales": -10000}
    assert_all_square()


def test_control_who_does_not_wait_books_what_nobody_takes_back(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one is about to book while the other looks what there is to be taken back."""
    booking, looked = threading.Event(), threading.Event()
    booked_of = arrivals.booked_of

    def look(*given: Any) -> list[tuple[UUID, str]]:
        assert booking.wait(30)
        seen = booked_of(*given)
        looked.set()
        return seen

    def book(**given: Any) -> tuple[UUID, ...]:
        booking.set()
        assert looked.wait(30)
        return post(**given)

    find = in_doubt(organization, customer, account)
    monkeypatch.setattr(payouts, "booked_of", look)
    monkeypatch.setattr(found, "post", book)
    monkeypatch.setattr(module, "serialize", lambda name: None)
    works: list[Callable[[], object]] = [partial(take, account, CAME_BACK), find]
    assert failures(at_once(works)) == []
    assert balances(organization)["money_of_others"] == 9900, "taken off twice"
