"""Invoices that are charged by themselves: agreed to, announced, charged once, and tried again by plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core import clock, failpoints
from allsquare.core.actor import Actor, customer_actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.autopay import agreement_of, gave_up, plan_of, standing_of, upcoming
from allsquare.payments.autopay_plan import HARD, Plan, checked_days, next_attempt
from allsquare.payments.errors import InvalidAgreement, InvalidPlan
from allsquare.payments.gateway import Status
from allsquare.payments.models import AutopayCharge, Consent, GatewayAccount, Payment, PaymentMethod
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.change_autopay_plan import change_autopay_plan
from allsquare.payments.services.charge_autopay import PATIENCE
from allsquare.payments.services.end_autopay import end_autopay
from allsquare.payments.services.remove_method import remove_method
from allsquare.payments.services.run_autopay import run_autopay
from allsquare.payments.services.stop_autopay import stop_autopay
from allsquare.payments.services.sweep import sweep
from tests import factories
from tests.payments.autopay_shop import DECLINED, Shop, asked
from tests.payments.flows import take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    eur,
)
from tests.payments.test_saved_methods import saved
from tests.square import assert_all_square


def test_it_is_told_and_then_charged_once_on_the_due_date(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.pays()
    shop.run()
    assert shop.told("announced") == []
    charged = shop.through(invoice.due_on - timedelta(days=4), 8)
    assert charged == [invoice.due_on]
    (announced,) = shop.told("announced")
    assert clock.local(shop.organization, announced.at).date() == invoice.due_on - timedelta(days=2)
    (request,) = asked()
    assert (request.saved_method, request.return_url, request.amount) == (shop.method.token, "", eur(10000))
    invoice.refresh_from_db()
    assert (invoice.state, shop.attempts(invoice)) == ("paid", [("charged", "")])
    assert len(shop.told("charged")) == 1
    assert_all_square()


def test_a_decline_is_tried_again_by_the_plan_and_then_no_more(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.answers(DECLINED, DECLINED, DECLINED)
    charged = shop.through(invoice.due_on - timedelta(days=3), 14)
    assert charged == [invoice.due_on + timedelta(days=days) for days in (0, 3, 7)]
    assert shop.attempts(invoice) == [("failed", "insufficient_funds")] * 3
    assert [event.data["again_on"] for event in shop.told("failed")] == [
        (invoice.due_on + timedelta(days=3)).isoformat(),
        (invoice.due_on + timedelta(days=7)).isoformat(),
        None,
    ]
    assert [row.invoice_id for row in gave_up(shop.organization)] == [invoice.id]
    invoice.refresh_from_db()
    assert invoice.open_minor == 10000, "it stays owed, and overdue"


@pytest.mark.parametrize("code", ["expired_card", "stolen_card", "account_closed"])
def test_what_will_not_get_better_is_not_tried_again(shop: Shop, code: str) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.answers(charge(Status.DECLINED, code=code))
    assert len(shop.through(invoice.due_on - timedelta(days=3), 20)) == 1
    assert shop.attempts(invoice) == [("failed", code)]


def test_a_bank_that_wants_the_payer_is_left_to_the_payer(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.answers(charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/"))
    assert len(shop.through(invoice.due_on - timedelta(days=3), 20)) == 1
    assert shop.attempts(invoice) == [("failed", "authentication_required")]


def last_sunday(year: int, month: int) -> date:
    """Of a month of 31 days."""
    last = date(year, month, 31)
    return last - timedelta(days=last.isoweekday() % 7)


@pytest.mark.parametrize(
    "due_in",
    [
        lambda year: last_sunday(year, 3),
        lambda year: last_sunday(year, 10),
        lambda year: date(year + -year % 4, 2, 29),
        lambda year: date(year, 12, 31),
    ],
    ids=["clock goes forward", "clock goes back", "leap day", "last day of the year"],
)
def test_days_are_those_of_the_business(shop: Shop, due_in: Callable[[int], date]) -> None:
    """Berlin has no hour between two and three on the first of these days, and twice on the second. All are to come:
    what fell due before the agreement is not charged."""
    due = due_in(clock.today(shop.organization).year + 1)
    shop.to(due - timedelta(days=30))
    invoice = shop.invoice()
    assert invoice.due_on == due
    shop.answers(DECLINED)
    shop.pays()
    charged = shop.through(due - timedelta(days=3), 8, hours=(0, 2, 3, 23))
    assert charged == [due, due + timedelta(days=3)]
    assert_all_square()


def test_who_ends_the_agreement_and_agrees_again_is_told_and_charged_as_before(shop: Shop) -> None:
    """Not of the invoice that they had left out by itself."""
    invoice, left_out = shop.invoice(), shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    org, payer, owner = shop.organization, shop.customer.id, shop.payer
    stop_autopay(organization=org, invoice_id=left_out.id, customer_id=payer, actor=owner)
    end_autopay(organization=org, customer_id=payer, actor=owner)
    assert shop.attempts(invoice) == [("stopped", "ended")]
    agree_autopay(organization=org, customer_id=payer, actor=owner)
    assert [event.subject_id for event in shop.told("planned")] == [invoice.id, left_out.id, invoice.id]
    shop.pays()
    charged = shop.through(invoice.due_on - timedelta(days=1), 4)
    assert charged == [invoice.due_on + timedelta(days=1)], (
        "after the notice that goes with the new agreement"
    )
    assert [event.subject_id for event in shop.told("announced")].count(invoice.id) == 2
    assert shop.attempts(left_out) == [("stopped", "stopped")]


def test_months_go_by_and_each_invoice_is_charged_once(shop: Shop) -> None:
    first = date(clock.today(shop.organization).year + 1, 1, 4)
    invoices, asked_on = [], []
    for month in range(3):
        day = first + timedelta(days=31 * month)
        shop.to(day)
        invoices.append(shop.invoice())
        shop.pays()
        asked_on += shop.through(day, 31)
    shop.pays()
    asked_on += shop.through(first + timedelta(days=93), 4)
    assert asked_on == [invoice.due_on for invoice in invoices]
    assert [shop.attempts(each) for each in invoices] == [[("charged", "")]] * 3
    assert_all_square()


def test_who_is_told_late_is_charged_late(shop: Shop) -> None:
    """The worker slept over the due date: the notice is kept, not the day."""
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.pays()
    late = invoice.due_on + timedelta(days=10)
    assert shop.through(late, 5) == [late + timedelta(days=2)]


def test_an_attempt_that_was_begun_late_is_not_followed_by_another_the_same_day(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.answers(DECLINED, DECLINED, DECLINED)
    shop.to(invoice.due_on - timedelta(days=2))
    shop.run()
    late = invoice.due_on + timedelta(days=30)
    charged = shop.through(late, 7)
    assert charged == [late + timedelta(days=days) for days in (2, 3, 4)], "told anew, after so long"


def test_without_a_method_nothing_is_asked_and_the_payer_is_told(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    remove_method(
        organization=shop.organization,
        customer_id=shop.customer.id,
        method_id=shop.method.id,
        actor=shop.payer,
    )
    assert shop.through(invoice.due_on, 10) == []
    assert shop.attempts(invoice) == [("failed", "no_method")]
    assert [event.data["reason"] for event in shop.told("failed")] == ["no_method"]


def test_a_debit_that_takes_days_is_waited_for(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.answers(charge(Status.PENDING, reference="db_1"))
    assert len(shop.through(invoice.due_on - timedelta(days=2), 8)) == 1
    standing = standing_of(shop.organization, invoice)
    assert standing is not None
    assert [each.state for each in standing.attempts] == ["started"]
    take(shop.account, charge(Status.DECLINED, reference="db_1", code="insufficient_funds"))
    shop.pays()
    again = invoice.due_on + timedelta(days=7)
    assert shop.through(invoice.due_on + timedelta(days=6), 3) == [again]
    assert shop.attempts(invoice) == [("failed", "insufficient_funds"), ("charged", "")]


class Killed(BaseException):
    """The process is no more."""


@pytest.mark.parametrize(
    ("point", "known"),
    [
        ("autopay.claimed", None),
        ("charge.intent_committed", Status.NOT_SENT),
        ("charge.answered", Status.SUCCEEDED),
        ("autopay.asked", None),
    ],
)
def test_a_worker_that_dies_at_any_step_leaves_one_charge(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, point: str, known: Status | None
) -> None:
    """What the provider knows then, the sweep finds out, as of every payment."""
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.to(invoice.due_on - timedelta(days=2))
    shop.run()
    shop.to(invoice.due_on)

    def reached(name: str) -> None:
        if name == point:
            raise Killed

    shop.pays()
    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "reached", reached)
        with pytest.raises(Killed):
            run_autopay(organization=shop.organization)
    shop.run()
    waits = AutopayCharge.objects.filter(organization=shop.organization, invoice=invoice, state="started")
    assert waits.count() == 1, "another worker leaves it alone for a while"
    waits.update(started_at=clock.now(None) - PATIENCE)
    shop.run()
    if known is not None:
        paid = charge(reference=a_key(), amount=eur(10000), fee=eur(100))
        ScriptedGateway.lookups.append(paid if known is Status.SUCCEEDED else charge(known))
        Payment.objects.filter(organization=shop.organization).update(next_check_at=clock.now(None))
        sweep(organization=shop.organization)
        shop.run()
    (row,) = AutopayCharge.objects.filter(organization=shop.organization, invoice=invoice)
    (payment,) = Payment.objects.filter(organization=shop.organization, invoice=invoice)
    assert (row.state, row.payment_id, row.key) == ("charged", payment.id, payment.key)
    assert len(asked()) == 1
    assert_all_square()


def test_a_colleague_says_how_it_was_agreed(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    clerk = factories.member_actor(organization, Role.BILLING_CLERK)

    def agree(note: str = "", actor: Actor = clerk) -> None:
        agree_autopay(organization=organization, customer_id=customer.id, actor=actor, note=note)

    with pytest.raises(InvalidAgreement, match="Say how the customer agreed"):
        agree()
    with pytest.raises(InvalidAgreement, match="No payment method is saved"):
        agree("Contract of 1 May")
    saved(customer, account)
    for _ in range(2):
        agree("Contract of 1 May")
    consent = Consent.objects.get(organization=organization)
    assert (consent.kind, consent.note, consent.actor_label) == ("autopay", "Contract of 1 May", clerk.label)
    assert organization.name in consent.text
    with pytest.raises(PermissionDenied):
        agree("x", actor=factories.member_actor(organization, Role.SALES))
    with pytest.raises(PermissionDenied):
        agree(actor=customer_actor(a_key(), "Somebody"))


def test_agreements_stay_within_their_organization(shop: Shop) -> None:
    other = factories.make_organization()
    elsewhere = factories.make_customer(other)
    PaymentMethod.objects.create(
        organization=other,
        customer=elsewhere,
        gateway_account=shop.account,
        kind="card",
        token=a_key(),
        created_at=clock.now(None),
    )
    assert agreement_of(other, shop.customer.id) is None
    shop.invoice()
    run_autopay(organization=other)
    assert not AutopayCharge.objects.filter(organization=other).exists()
    assert upcoming(other) == []


def test_the_plan_is_the_organizations_own(organization: Organization) -> None:
    assert plan_of(organization) == Plan((0, 3, 7), 2)
    owner = factories.member_actor(organization)
    for _ in range(2):
        change_autopay_plan(organization=organization, days=[1, 5], notice_days=4, actor=owner)
    assert plan_of(organization) == Plan((1, 5), 4)
    assert Event.objects.filter(organization_id=organization.id, kind="autopay_plan.changed").count() == 1
    for days in ([], [3, 3], [5, 1], [-1], [61], list(range(9))):
        with pytest.raises(InvalidPlan) as refused:
            change_autopay_plan(organization=organization, days=days, notice_days=2, actor=owner)
        assert refused.value.field == "days"
    with pytest.raises(InvalidPlan) as refused:
        change_autopay_plan(organization=organization, days=[0], notice_days=31, actor=owner)
    assert refused.value.field == "notice_days"
    with pytest.raises(PermissionDenied):
        change_autopay_plan(
            organization=organization,
            days=[0],
            notice_days=2,
            actor=factories.member_actor(organization, Role.BILLING_CLERK),
        )


@given(
    days=st.lists(st.integers(0, 60), min_size=1, max_size=8, unique=True).map(sorted),
    late=st.integers(0, 400),
    code=st.sampled_from(["insufficient_funds", "", "do_not_honor", *sorted(HARD)]),
)
def test_attempts_end_and_never_fall_on_one_day(days: list[int], late: int, code: str) -> None:
    """However late the worker is, and whatever the bank says."""
    plan, due = Plan(checked_days(days)), date(2027, 1, 31)
    today, tried = due + timedelta(days=days[0] + late), []
    for number in range(1, 20):
        tried.append(today)
        again = next_attempt(plan, number=number, code=code, due_on=due, today=today)
        if again is None:
            break
        assert again >= due + timedelta(days=days[number])
        today = again
    assert len(tried) == (1 if code in HARD else len(days))
    assert len(set(tried)) == len(tried)
