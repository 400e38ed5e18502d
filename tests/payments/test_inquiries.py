"""Long questions to a provider: what cannot be kept or is gone, turns, and jobs that died."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job
from pytest_django.fixtures import Settings

from allsquare.connect.services.tell_failed_jobs import tell_failed_jobs
from allsquare.connect.services.try_job_again import try_job_again
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import JobTrouble
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.attention import LOST_INVOICE
from allsquare.payments.gateway import (
    Capability,
    GatewayEvent,
    ItemKind,
    MethodKind,
    Outcome,
    PayoutItem,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import Sighting
from allsquare.payments.models import Attention, GatewayAccount, InboxEvent, Inquiry, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.resume_inquiry import resume_inquiry
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.services.start_inquiry import start_inquiry
from allsquare.payments.tasks import inquire
from tests.payments.flows import balances
from tests.payments.makers import ScriptedGateway, charge, eur, payout_outcome

pytestmark = pytest.mark.django_db(transaction=True)


class Listing(ScriptedGateway):
    """It lists what a test says, and looks up the same."""

    capabilities = ScriptedGateway.capabilities | {Capability.HISTORY, Capability.REPLAY}
    listed: list[Sighting] = []  # a test's own
    telling: list[GatewayEvent] = []  # as above
    days: list[datetime] = []  # those that were asked for

    def since(self, moment: datetime, until: datetime | None = None) -> Iterator[Sighting]:
        self.days.append(moment)
        yield from self.listed

    def told(self, first: datetime, until: datetime) -> Iterator[GatewayEvent]:
        yield from self.telling

    def look_up(self, *, key: UUID, reference: str, subject: Subject, act: bool = True) -> Outcome:
        assert not act, "whoever compares moves no money"
        return next(each.outcome for each in self.listed if each.outcome.reference == reference)


@pytest.fixture
def listing(organization: Organization, settings: Settings) -> GatewayAccount:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "listing": "tests.payments.test_inquiries.Listing",
    }
    for each in (Listing.listed, Listing.telling, Listing.days):
        each.clear()
    ProcrastinateJob.objects.all()._raw_delete("default")
    return add_gateway_account(
        organization=organization, gateway="listing", label="Listing", settings={}, actor=SYSTEM
    )


def begun(
    account: GatewayAccount, kind: Inquiry.Kind, *, mend: bool = False, days: int = 1, queued: bool = False
) -> Inquiry:
    now = clock.now(None)
    return start_inquiry(
        organization=account.organization,
        account_id=account.id,
        kind=kind,
        begins_at=now - timedelta(days=days),
        ends_at=now + timedelta(seconds=1),
        mend=mend,
        actor=SYSTEM,
        queued=queued,
    )


def waiting_jobs() -> list[Any]:
    return list(ProcrastinateJob.objects.filter(task_name="payments.inquire", status="todo"))


def work_on(inquiry: Inquiry, *, ending: bool) -> Inquiry:
    """As the worker does."""
    ProcrastinateJob.objects.all()._raw_delete("default")
    context: Any = SimpleNamespace(should_abort=lambda: ending)
    inquire(context, organization_id=str(inquiry.organization_id), inquiry_id=str(inquiry.id))
    inquiry.refresh_from_db()
    return inquiry


def test_news_that_cannot_be_kept_holds_up_nothing_else(listing: GatewayAccount) -> None:
    for number in range(9):
        payload = {"said": "\x00" if number in (2, 8) else "well"}
        Listing.telling.append(GatewayEvent(f"evt_{number}", "news", "", payload))
    Listing.telling[8] = GatewayEvent("evt_8", "news\ud800", "ch_\ud800", {})

    asked = begun(listing, Inquiry.Kind.REPLAY)
    inquiry = run_inquiry(organization=listing.organization, inquiry_id=asked.id)

    assert (inquiry.state, inquiry.objects_seen, inquiry.found) == ("done", 9, 7)
    kept = InboxEvent.objects.filter(organization=listing.organization).values_list("external_id", flat=True)
    assert sorted(kept) == [f"evt_{number}" for number in range(9) if number not in (2, 8)]


@pytest.mark.parametrize("named", [True, False])
def test_a_person_is_told_when_the_invoice_of_what_is_mended_is_gone(
    listing: GatewayAccount, customer: Customer, named: bool
) -> None:
    key = uuid4()
    paid = charge(reference="ch_1", status=Status.SUCCEEDED, amount=eur(1000), fee=eur(10))
    labels = {"customer": str(customer.id)} | ({"invoice": str(uuid4())} if named else {})
    outcome = Outcome(**{**{name: getattr(paid, name) for name in paid.__slots__}, "key": key})
    Listing.listed.append(Sighting(outcome, asked=eur(1000), method=MethodKind.CARD, labels=labels))

    asked = begun(listing, Inquiry.Kind.COMPARE, mend=True)
    inquiry = run_inquiry(organization=listing.organization, inquiry_id=asked.id)

    assert (inquiry.state, inquiry.found, inquiry.mended) == ("done", 1, 1)
    assert Payment.objects.get(organization=listing.organization).state == "succeeded"
    tasks = Attention.objects.filter(organization=listing.organization, kind=LOST_INVOICE)
    assert [(task.subject_id, task.data["charge"]) for task in tasks] == ([(key, "ch_1")] if named else [])


def test_a_payout_with_money_of_others_is_mended_as_the_door_books_it_and_then_the_same(
    listing: GatewayAccount,
) -> None:
    """What is of others is no difference: both sides have the whole payout."""
    items = (PayoutItem("ch_strange", 4000, ItemKind.CHARGE), PayoutItem("fee_7", -25, ItemKind.FEE))
    sent = {"reference": "po_1", "amount": eur(3975), "fee": eur(25), "payout_items": items}
    Listing.listed.append(Sighting(payout_outcome(Status.SUCCEEDED, **sent)))
    for found in (1, 0):
        asked = begun(listing, Inquiry.Kind.COMPARE, mend=True)
        inquiry = run_inquiry(organization=listing.organization, inquiry_id=asked.id)
        assert (inquiry.state, inquiry.found, inquiry.mended) == ("done", found, found)
        assert balances(listing.organization) == {
            "gateway_fees": 25,
            "money_of_others": -4000,
            "payouts_in_transit": 3975,
        }


def test_a_worker_that_shall_end_ends_between_two_days_and_another_job_goes_on(
    listing: GatewayAccount,
) -> None:
    inquiry = work_on(begun(listing, Inquiry.Kind.COMPARE, days=3, queued=True), ending=True)

    assert (inquiry.state, inquiry.place) == ("running", inquiry.begins_at + timedelta(days=1))
    (job,) = waiting_jobs()
    assert (job.lock, job.args["inquiry_id"]) == ("inquiry", str(inquiry.id))

    inquiry = work_on(inquiry, ending=False)

    assert inquiry.state == "done"
    assert Listing.days == [inquiry.begins_at + timedelta(days=day) for day in range(3)]
    assert not waiting_jobs()


def test_after_its_turn_a_job_lets_others_ask(
    listing: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allsquare.payments.tasks.TURN", 0)
    inquiry = work_on(begun(listing, Inquiry.Kind.COMPARE, days=3), ending=False)
    assert (inquiry.state, len(Listing.days), len(waiting_jobs())) == ("running", 1, 1)


def test_one_that_failed_holds_up_nobody_while_it_waits(listing: GatewayAccount) -> None:
    """The next organization is asked at once, and what failed is tried again later, but not for ever."""
    asked = begun(listing, Inquiry.Kind.COMPARE, queued=True)
    begun(listing, Inquiry.Kind.REPLAY, queued=True)
    (first, second) = waiting_jobs()
    given = first.args
    job = Job(
        id=first.id,
        queue="inquiries",
        lock="inquiry",
        queueing_lock=None,
        task_name="payments.inquire",
        task_kwargs=given,
        attempts=4,
    )
    strategy = inquire.retry_strategy
    assert strategy is not None
    again = strategy.get_retry_exception(OSError("silent"), job)
    assert again is not None
    decision = again.retry_decision
    assert decision.lock == f"inquiry {asked.id}"
    assert decision.retry_at is not None

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET attempts = 4, lock = %s, scheduled_at = %s WHERE id = %s",
            [decision.lock, decision.retry_at, first.id],
        )
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(ARRAY['inquiries'], NULL)")
        assert cursor.fetchall() == [(second.id,)]
    assert strategy.get_retry_exception(OSError("silent"), job.evolve(attempts=5)) is None


def failed_for_good(account: GatewayAccount) -> Inquiry:
    """One whose job failed to its last try, and a person was told."""
    inquiry = begun(account, Inquiry.Kind.COMPARE, queued=True)
    Inquiry.objects.filter(id=inquiry.id).update(state="running")
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM procrastinate_jobs WHERE task_name <> 'payments.inquire';
               UPDATE procrastinate_jobs SET status = 'failed', attempts = 5"""
        )
    assert tell_failed_jobs() == 1
    inquiry.refresh_from_db()
    return inquiry


def test_one_whose_job_failed_for_good_has_failed_and_goes_on_by_its_job(listing: GatewayAccount) -> None:
    inquiry = failed_for_good(listing)
    assert inquiry.state == "failed"
    assert "Nobody wrote down why" in inquiry.error
    assert inquiry.finished_at

    trouble = JobTrouble.objects.get(organization_id=listing.organization_id)
    try_job_again(organization=listing.organization, trouble_id=trouble.id, actor=SYSTEM)
    inquiry.refresh_from_db()
    assert (inquiry.state, inquiry.error, len(waiting_jobs())) == ("queued", "", 1)
    assert work_on(inquiry, ending=False).state == "done"


def test_one_that_goes_on_by_another_job_leaves_no_failed_one_behind(listing: GatewayAccount) -> None:
    inquiry = failed_for_good(listing)
    trouble = JobTrouble.objects.get(organization_id=listing.organization_id)
    elsewhere = JobTrouble.objects.create(
        organization_id=uuid4(), job_id=0, task=trouble.task, args=trouble.args, state="failed", at=trouble.at
    )

    resume_inquiry(organization=listing.organization, inquiry_id=inquiry.id, actor=SYSTEM)

    assert list(JobTrouble.objects.all()) == [elsewhere]
    assert not ProcrastinateJob.objects.filter(status="failed").exists()
    assert len(waiting_jobs()) == 1
    inquiry.refresh_from_db()
    assert work_on(inquiry, ending=False).state == "done"


def test_one_whose_worker_died_is_taken_up_by_whoever_asks_next(listing: GatewayAccount) -> None:
    """As after a command line that was killed: it is under way, and nobody is at it."""
    inquiry = begun(listing, Inquiry.Kind.COMPARE)
    Inquiry.objects.filter(id=inquiry.id).update(state="running")
    assert not waiting_jobs()

    assert [begun(listing, Inquiry.Kind.COMPARE, queued=True).id for _ in range(2)] == [inquiry.id] * 2

    (job,) = waiting_jobs()
    assert job.args["inquiry_id"] == str(inquiry.id)
    assert work_on(inquiry, ending=False).state == "done"
    another = begun(listing, Inquiry.Kind.COMPARE)
    assert another.id != inquiry.id
    assert Inquiry.objects.filter(id=another.id, state="queued").exists()
