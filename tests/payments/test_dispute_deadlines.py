"""Until when a dispute can be answered: kept from the provider's news, shown, and told before it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from allsquare.core import clock
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Membership, Organization
from allsquare.identity.roles import Role
from allsquare.notifications.news import mails_for
from allsquare.payments.disputes import get_case
from allsquare.payments.due import organizations_with_disputes
from allsquare.payments.errors import DisputeUnknown
from allsquare.payments.gateway import DisputeStage, Outcome
from allsquare.payments.models import Attention, Dispute, GatewayAccount, Payment
from allsquare.payments.services.remind_of_disputes import remind_of_disputes
from tests import factories
from tests.payments.flows import paid, take
from tests.payments.makers import dispute_outcome, eur, open_tasks
from tests.square import assert_all_square

OPENED, WON, LOST = DisputeStage.OPENED, DisputeStage.WON, DisputeStage.LOST


@pytest.fixture
def payment(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    return paid(organization, customer, account)


@pytest.fixture
def deadline(organization: Organization) -> datetime:
    return clock.now(organization).replace(microsecond=0) + timedelta(days=7)


def case(payment: Payment, stage: DisputeStage, until: datetime | None, *, name: str = "dp_1") -> Outcome:
    return dispute_outcome(
        stage,
        reference=name,
        amount=eur(4000),
        fee=eur(1500),
        charge_reference=payment.reference,
        evidence_by=until,
    )


def days_go_by(organization: Organization, days: float) -> None:
    organization.clock_offset += timedelta(days=days)
    organization.save(update_fields=["clock_offset"])


def open_attention(organization: Organization) -> list[Attention]:
    """Newest first."""
    waiting = Attention.objects.filter(organization=organization, resolved_at__isnull=True)
    return list(waiting.order_by("-id"))


def tasks(organization: Organization) -> list[str]:
    return [task.kind for task in open_tasks(organization)]


def test_it_is_kept_and_follows_the_provider(
    organization: Organization, payment: Payment, deadline: datetime
) -> None:
    take(payment.gateway_account, case(payment, OPENED, None))
    dispute = Dispute.objects.get(organization=organization)
    assert get_case(organization, dispute.id).days_left is None
    take(payment.gateway_account, case(payment, OPENED, deadline))
    assert get_case(organization, dispute.id).dispute.evidence_by == deadline
    later = deadline + timedelta(days=2)
    take(payment.gateway_account, case(payment, OPENED, later), case(payment, OPENED, None))
    found = get_case(organization, dispute.id)
    assert (found.dispute.evidence_by, found.days_left, found.is_late) == (later, 9, False)
    days_go_by(organization, 9.5)
    found = get_case(organization, dispute.id)
    assert (found.days_left, found.is_late) == (0, True)
    take(payment.gateway_account, case(payment, WON, later))
    found = get_case(organization, dispute.id)
    assert (found.days_left, found.is_late) == (None, False)
    with pytest.raises(DisputeUnknown):
        get_case(factories.make_organization(), dispute.id)
    assert_all_square()


def test_people_are_reminded_three_days_and_one_day_before_once_each(
    organization: Organization, payment: Payment, deadline: datetime
) -> None:
    take(payment.gateway_account, case(payment, OPENED, deadline))
    seen = []
    for _ in range(80):  # a round every three hours, ten days long
        raised = remind_of_disputes(organization=organization)
        seen += tasks(organization) * raised
        days_go_by(organization, 0.125)
    assert seen == ["dispute_due", "dispute_due_tomorrow"], "each takes the place of the one before"
    told = Event.objects.filter(organization_id=organization.id, kind="attention.raised").order_by("id")
    assert [event.data["kind"] for event in told] == ["dispute_opened", *seen]
    first, second = (event.at for event in list(told)[1:])
    assert timedelta(days=2.8) < deadline - first <= timedelta(days=3)
    assert timedelta(days=0.8) < deadline - second <= timedelta(days=1)


def test_a_provider_that_asks_once_more_is_a_task_once_more(
    organization: Organization, payment: Payment, deadline: datetime
) -> None:
    account, asks = payment.gateway_account, case(payment, OPENED, deadline)
    take(account, asks)
    take(account, replace(asks, is_answered=True), current=True)
    take(account, asks)
    assert tasks(organization) == [], "what comes late asks for nothing"
    assert Dispute.objects.get(organization=organization).evidence_by is None
    later = deadline + timedelta(days=10)
    for _again in range(2):
        take(account, case(payment, OPENED, later), current=True)
    assert tasks(organization) == ["dispute_opened"]
    told = Event.objects.filter(organization_id=organization.id, kind="attention.raised")
    assert told.count() == 2
    days_go_by(organization, 15)
    assert remind_of_disputes(organization=organization) == 1
    assert tasks(organization) == ["dispute_due"]
    take(account, replace(case(payment, OPENED, later), is_answered=True), current=True)
    assert tasks(organization) == []
    assert_all_square()


def test_who_hears_of_it_late_is_told_once(
    organization: Organization, payment: Payment, deadline: datetime
) -> None:
    take(payment.gateway_account, case(payment, OPENED, clock.now(organization) + timedelta(hours=5)))
    assert remind_of_disputes(organization=organization) == 1
    assert remind_of_disputes(organization=organization) == 0
    assert tasks(organization) == ["dispute_due_tomorrow"]


def test_what_needs_no_answer_is_not_reminded_of(
    organization: Organization, payment: Payment, deadline: datetime
) -> None:
    take(payment.gateway_account, case(payment, OPENED, None))
    take(payment.gateway_account, case(payment, OPENED, deadline, name="dp_2"))
    assert organizations_with_disputes() == [organization]
    take(payment.gateway_account, case(payment, LOST, deadline, name="dp_2"))
    assert organizations_with_disputes() == []
    days_go_by(organization, 6.5)
    assert remind_of_disputes(organization=organization) == 0


@pytest.mark.parametrize("end", [WON, LOST])
def test_a_case_that_is_closed_asks_for_nothing_any_more(
    organization: Organization, payment: Payment, deadline: datetime, end: DisputeStage
) -> None:
    take(payment.gateway_account, case(payment, OPENED, deadline))
    days_go_by(organization, 5)
    remind_of_disputes(organization=organization)
    assert tasks(organization) == ["dispute_due"]
    take(payment.gateway_account, case(payment, end, deadline))
    assert tasks(organization) == ([] if end is WON else ["dispute_lost"])
    over = Event.objects.filter(organization_id=organization.id, kind="attention.resolved").order_by("id")
    assert [event.data["kind"] for event in over] == ["dispute_opened", "dispute_due"]


def test_owners_are_mailed_what_is_due(
    organization: Organization, payment: Payment, deadline: datetime
) -> None:
    owner = factories.make_person()
    Membership.objects.create(
        organization=organization, person=owner, role=Role.OWNER, created_at=clock.now(None)
    )
    take(payment.gateway_account, case(payment, OPENED, deadline))
    days_go_by(organization, 5)
    remind_of_disputes(organization=organization)
    event = Event.objects.filter(organization_id=organization.id, kind="attention.raised").latest("id")
    (mail,) = mails_for(organization, [event])
    assert (mail.kind, mail.recipient, mail.payment_id) == ("attention", owner.email, payment.id)


def test_the_sentence_says_until_when_by_the_clocks_of_the_business(
    organization: Organization, payment: Payment
) -> None:
    until = clock.now(organization) + timedelta(days=2)
    take(payment.gateway_account, case(payment, OPENED, until))
    remind_of_disputes(organization=organization)
    (task,) = open_tasks(organization)
    there = clock.local(organization, until)
    assert "€40.00" in task.text
    for part in (f"{there:%Y}", f"{there.day}", f":{there:%M}"):
        assert part in task.text


def test_who_was_answered_at_the_provider_is_not_asked_again(
    organization: Organization, payment: Payment, deadline: datetime
) -> None:
    take(payment.gateway_account, case(payment, OPENED, deadline))
    assert tasks(organization) == ["dispute_opened"]
    take(payment.gateway_account, replace(case(payment, OPENED, deadline), is_answered=True))
    assert tasks(organization) == []
    days_go_by(organization, 6.5)
    assert remind_of_disputes(organization=organization) == 0


def test_who_hears_of_the_end_first_has_nothing_to_answer(
    organization: Organization, payment: Payment
) -> None:
    take(payment.gateway_account, case(payment, LOST, None))
    assert tasks(organization) == ["dispute_lost"]
