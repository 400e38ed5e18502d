"""A provider was away for hours and is back: what is unknown there is known soon, and asked about once at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

import pytest
from django.db.models import QuerySet

from allsquare.core import clock
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.models import GatewayAccount, Payment, Refund
from allsquare.payments.plan import APART, GRACE, QUARTER, UNDECIDED, next_check, turns
from allsquare.payments.services import bring_back, hasten_checks, sweep
from tests import factories
from tests.payments.flows import paid, pay
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    eur,
    issued_invoice,
    refund_outcome,
    scripted_account,
)
from tests.payments.test_sweep import given_back
from tests.square import assert_all_square

#: Unknown payments, and a refund.
NUMBER: Final = 6
#: The waits of the plan have come to their longest by then.
OUTAGE: Final = timedelta(hours=2, minutes=20)
ROUND: Final = timedelta(seconds=1)
#: All of them are known by then, with some rounds of the worker.
SOON: Final = GRACE + (NUMBER + 1) * (APART + ROUND)


@dataclass
class Days:
    """A clock that a test moves, and a provider that is away until ``back_at``. ``stop`` ends both: the
    proofs judge by the clock of everybody."""

    organization: Organization
    now: datetime
    back_at: datetime
    stop: Callable[[], None]
    lookups: dict[UUID, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def look_up(self, *, key: UUID, reference: str, subject: Subject, act: bool = True) -> Outcome:
        self.lookups[key].append(self.now)
        if self.now < self.back_at:
            return Outcome(subject, Status.UNKNOWN, "scripted", key=key)
        found = charge if subject is Subject.CHARGE else refund_outcome
        return found(key=key, reference=f"r_{key}", amount=eur(10_000), fee=eur(0))

    def unknown(self) -> int:
        about = {"organization": self.organization, "state__in": UNDECIDED}
        return Payment.objects.filter(**about).count() + Refund.objects.filter(**about).count()

    def work(self, until: datetime) -> None:
        """The worker, each time something is due, until nothing is unknown."""
        while self.unknown():
            due = min(
                model.objects.filter(organization=self.organization, next_check_at__isnull=False)
                .order_by("next_check_at")
                .values_list("next_check_at", flat=True)
                .first()
                or until
                for model in (Payment, Refund)
            )
            if due >= until:
                break
            self.now = max(self.now, due)
            sweep.sweep(organization=self.organization)
            self.now += ROUND
        self.now = max(self.now, until)


@pytest.fixture
def days(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> Days:
    """Payments and a refund were asked for, nobody knows what became of them, and an outage is over but for now."""
    given_back(paid(organization, customer, account), refund_outcome(Status.UNKNOWN))
    begin = clock.now(None)
    days = Days(organization, begin, begin + OUTAGE, monkeypatch.undo)
    monkeypatch.setattr(clock, "_shared", lambda: days.now)
    monkeypatch.setattr(ScriptedGateway, "look_up", lambda self, **asked: days.look_up(**asked))
    for _ in range(NUMBER):
        pay(issued_invoice(organization, customer), account, answer=charge(Status.UNKNOWN))
        days.now += timedelta(seconds=7)
    account.refresh_from_db()
    assert account.down_since is not None
    days.work(days.back_at)
    assert days.unknown() == NUMBER + 1
    return days


def probe(days: Days, customer: Customer, account: GatewayAccount) -> None:
    """A payer comes, is led to a page, and that brings the provider back."""
    answer = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    pay(issued_invoice(days.organization, customer), account, answer=answer)
    account.refresh_from_db()
    assert account.down_since is None


def test_what_is_unknown_is_known_soon_after_the_provider_is_back(
    days: Days, customer: Customer, account: GatewayAccount
) -> None:
    asked_before = {key: len(times) for key, times in days.lookups.items()}
    probe(days, customer, account)
    days.work(days.back_at + SOON)
    assert days.unknown() == 0
    after = [days.lookups[key][number:] for key, number in asked_before.items()]
    assert [len(times) for times in after] == [1] * (NUMBER + 1), "each once"
    order = sorted(time for times in after for time in times)
    assert order[0] >= days.back_at + GRACE, "not all at once as soon as it is back"
    assert len(set(order)) >= NUMBER // 2, "but in their turn"
    days.stop()
    assert_all_square()


def test_control_by_the_plan_alone_it_takes_far_longer(
    days: Days, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in (bring_back, sweep):
        monkeypatch.setattr(service, "hasten_checks", lambda **_asked: 0)
    probe(days, customer, account)
    days.work(days.back_at + SOON)
    assert days.unknown() > 0


def test_where_nobody_pays_the_first_answer_after_the_silence_says_it(days: Days) -> None:
    """No probe: the plan asks about one, and then about all others soon."""
    days.work(days.back_at + QUARTER + SOON)
    assert days.unknown() == 0
    ends = sorted(times[-1] for times in days.lookups.values())
    assert ends[-1] - ends[0] <= SOON
    days.stop()
    assert_all_square()


def test_an_answer_about_one_that_was_not_unknown_for_long_says_nothing_of_others(
    days: Days, customer: Customer, account: GatewayAccount
) -> None:
    fresh = pay(issued_invoice(days.organization, customer), account, answer=charge(Status.UNKNOWN))
    others = Payment.objects.filter(organization=days.organization, state="unknown").exclude(id=fresh.id)
    before = times_of(others)
    assert min(before.values()) > days.now + timedelta(seconds=4)
    days.now += timedelta(seconds=4)
    assert sweep.sweep(organization=days.organization) == 1
    assert times_of(others) == before


def test_what_is_being_asked_about_is_not_asked_about_beside_it(
    days: Days, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider comes back while the sweep waits for its answer: another sweep does not ask the same meanwhile, for
    as long as an answer may take."""
    beside: list[int] = []
    look_up, before = days.look_up, {key: len(times) for key, times in days.lookups.items()}

    def slowly(**asked: object) -> Outcome:
        monkeypatch.setattr(ScriptedGateway, "look_up", lambda self, **asked: look_up(**asked))
        probe(days, customer, account)
        days.now += GRACE - timedelta(milliseconds=1)
        sweep.sweep(organization=days.organization)
        beside.append(len(days.lookups[asked["key"]]) - before[asked["key"]])  # type: ignore[index]  # as it was asked
        return look_up(**asked)  # type: ignore[arg-type]  # as it was asked

    monkeypatch.setattr(ScriptedGateway, "look_up", lambda self, **asked: slowly(**asked))
    days.now = min(planned(days.organization).values())
    days.back_at = days.now
    assert sweep.sweep(organization=days.organization) == 1
    assert beside == [0]
    days.work(days.now + SOON)
    assert days.unknown() == 0
    days.stop()
    assert_all_square()


def test_repeats_change_nothing_and_who_is_asked_about_sooner_stays_so(
    days: Days, account: GatewayAccount
) -> None:
    soon = Payment.objects.filter(organization=days.organization, state="unknown").first()
    assert soon is not None
    Payment.objects.filter(organization=days.organization, id=soon.id).update(next_check_at=days.now + APART)
    assert hasten(account) == NUMBER
    before = planned(days.organization)
    assert before[soon.id] == days.now + APART
    assert hasten(account) == 0
    days.now += GRACE
    assert hasten(account) == 0
    assert planned(days.organization) == before
    assert sorted(set(before.values())) == sorted(before.values()), "each has its own moment"


def test_only_what_is_unknown_at_this_account_is_put_forward(
    days: Days, customer: Customer, account: GatewayAccount, second: GatewayAccount
) -> None:
    GatewayAccount.objects.filter(organization=days.organization, id=account.id).update(
        probe_at=days.now + OUTAGE
    )
    debit = pay(issued_invoice(days.organization, customer), account, answer=charge(Status.PENDING))
    elsewhere = pay(issued_invoice(days.organization, customer), second, answer=charge(Status.UNKNOWN))
    other = factories.make_organization()
    theirs = pay(
        issued_invoice(other, factories.make_customer(other)),
        scripted_account(other),
        answer=charge(Status.UNKNOWN),
    )
    later = days.now + timedelta(hours=1)
    for each in (debit, elsewhere, theirs):
        Payment.objects.filter(organization=each.organization, id=each.id).update(next_check_at=later)
    assert hasten(account) == NUMBER + 1
    for each in (debit, elsewhere, theirs):
        each.refresh_from_db()
        assert each.next_check_at == later


def test_many_are_put_forward_in_parts(
    days: Days, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hasten_checks, "MOST", 4)
    assert hasten(account) == 5, "four payments, and the refund"
    assert hasten(account) == NUMBER - 4
    assert hasten(account) == 0


def hasten(account: GatewayAccount) -> int:
    return hasten_checks.hasten_checks(organization=account.organization, account_id=account.id)


def planned(organization: Organization) -> dict[UUID, datetime]:
    return times_of(Payment.objects.filter(organization=organization, state="unknown"))


def times_of(found: QuerySet[Payment]) -> dict[UUID, datetime]:
    times = found.values_list("id", "next_check_at")
    return {name: at for name, at in times if at is not None}


def test_the_turns_begin_when_every_answer_has_come_and_stand_apart() -> None:
    now = clock.now(None)
    found = turns(1000, now=now)
    assert found[0] == now + GRACE
    assert {later - earlier for earlier, later in pairwise(found)} == {APART}
    assert turns(0, now=now) == []
    longest = next_check("unknown", checks=100, now=now)
    assert longest is not None
    assert turns(hasten_checks.MOST, now=now)[-1] < longest, "never later than the plan"
