"""Fault 19: invoice numbers while many issue at once and some of them change their mind.

*50 threads, 30 % of 200 attempts rolled back.* The twin without the lock must lose what the lock keeps.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, BrokenBarrierError
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from allsquare.billing.errors import NotADraft
from allsquare.billing.models import Invoice, NumberSeries
from allsquare.billing.numbering import CREDIT_NOTES, INVOICES
from allsquare.billing.services import issue as issuing
from allsquare.billing.services.change_numbering import change_numbering
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from tests.billing.makers import draft, plain
from tests.concurrency.races import at_once, failures
from tests.factories import make_customer, make_organization
from tests.square import assert_all_square

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

THREADS = 50
ATTEMPTS = 200
ROLLED_BACK = 60


class ChangedMind(Exception):
    """Raised inside the transaction after the invoice was issued."""


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return make_customer(organization)


def drafts(organization: Organization, customer: Customer, count: int) -> list[UUID]:
    return [draft(organization, customer, plain("10")).id for _ in range(count)]


def attempt(organization: Organization, invoice_id: UUID, *, regret: bool) -> str:
    """Issue in a transaction of this thread's own; says how it ended."""
    try:
        with transaction.atomic():
            issuing.issue(organization=organization, invoice_ids=[invoice_id], actor=SYSTEM)
            if regret:
                raise ChangedMind
    except ChangedMind:
        return "rolled back"
    except IntegrityError as error:
        return "number twice" if "invoice_number_once" in str(error) else repr(error)
    return "issued"


def run(organization: Organization, tries: Sequence[tuple[UUID, bool]], *, threads: int) -> list[str]:
    """All tries, begun together as far as there are threads."""
    begin = Barrier(threads)

    def mine(share: Sequence[tuple[UUID, bool]]) -> list[str]:
        try:
            begin.wait(timeout=30)
            return [attempt(organization, invoice_id, regret=regret) for invoice_id, regret in share]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        shares = [tries[start::threads] for start in range(threads)]
        return [end for ends in pool.map(mine, shares) for end in ends]


def numbers(organization: Organization) -> list[str]:
    rows = Invoice.objects.filter(organization=organization, number__isnull=False)
    return sorted(str(number) for number in rows.values_list("number", flat=True))


def without_gap(count: int) -> list[str]:
    return [f"INV-{number:05}" for number in range(1, count + 1)]


def test_no_gap_and_no_duplicate(organization: Organization, customer: Customer) -> None:
    regrets = [True] * ROLLED_BACK + [False] * (ATTEMPTS - ROLLED_BACK)
    random.Random(19).shuffle(regrets)
    tries = list(zip(drafts(organization, customer, ATTEMPTS), regrets, strict=True))
    ends = run(organization, tries, threads=THREADS)
    assert (ends.count("issued"), ends.count("rolled back")) == (ATTEMPTS - ROLLED_BACK, ROLLED_BACK)
    assert numbers(organization) == without_gap(ATTEMPTS - ROLLED_BACK)
    assert_all_square()


def test_who_issues_the_same_draft_at_once_issues_it_once(
    organization: Organization, customer: Customer
) -> None:
    [invoice_id] = drafts(organization, customer, 1)
    begin = Barrier(8)

    def mine(_: int) -> bool:
        try:
            begin.wait(timeout=30)
            issuing.issue(organization=organization, invoice_ids=[invoice_id], actor=SYSTEM)
        except NotADraft:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(mine, range(8))) == [False] * 7 + [True]
    assert numbers(organization) == without_gap(1)
    assert_all_square()


class Known:
    """Numbers that were there before anybody asked."""

    def __init__(self, numbers: list[str]) -> None:
        self.numbers = numbers

    def read(self) -> list[str]:
        return self.numbers


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are read, then written, as by ``Max + 1``. The first two threads meet between the two."""
    meet = Barrier(2)

    def take_unlocked(organization: Organization, *, count: int, kind: str = INVOICES) -> Known:
        rows = NumberSeries.objects.filter(organization=organization, kind=kind)
        first = rows.values_list("next_number", flat=True).get()
        try:
            meet.wait(timeout=30)
        except BrokenBarrierError:
            pytest.fail("nobody else came for a number")
        rows.update(next_number=first + count)
        return Known([f"INV-{number:05}" for number in range(first, first + count)])

    monkeypatch.setattr(issuing, "take_numbers", take_unlocked)


@pytest.mark.usefixtures("unlocked")
def test_control_without_the_lock_one_number_is_given_twice(
    organization: Organization, customer: Customer
) -> None:
    NumberSeries.objects.create(organization=organization, kind=INVOICES, prefix="INV-")
    tries = [(invoice_id, False) for invoice_id in drafts(organization, customer, 2)]
    assert sorted(run(organization, tries, threads=2)) == ["issued", "number twice"]


def test_control_a_number_that_outlives_its_rollback_leaves_a_gap(
    organization: Organization, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a sequence of the database, which no rollback turns back."""
    given = iter(range(1, 10))
    monkeypatch.setattr(
        issuing,
        "take_numbers",
        lambda _, *, count: Known([f"INV-{next(given):05}" for _number in range(count)]),
    )
    first, second = drafts(organization, customer, 2)
    ends = [
        attempt(organization, first, regret=True),
        attempt(organization, second, regret=False),
    ]
    assert ends == ["rolled back", "issued"]
    assert numbers(organization) == ["INV-00002"] != without_gap(1)


def test_both_kinds_of_documents_renamed_at_once_never_begin_alike(organization: Organization) -> None:
    def rename(kind: str) -> object:
        return change_numbering(
            organization=organization, kind=kind, begins_with="X-", width=5, next_number=1, actor=SYSTEM
        )

    for _ in range(5):
        answers = at_once([partial(rename, kind) for kind in (INVOICES, CREDIT_NOTES)])
        assert [type(failure) for failure in failures(answers)] == [FieldErrors]
        prefixes = NumberSeries.objects.filter(organization=organization).values_list("prefix", flat=True)
        assert len(set(prefixes)) == len(prefixes) == 2
        NumberSeries.objects.filter(organization=organization).delete()
