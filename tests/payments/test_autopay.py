"""Invoices that are charged by themselves: agreed to, announced, charged once, and tried again by plan."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core import clock, failpoints
from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.errors import RateMissing
from allsquare.ledger.models import ExchangeRate
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.automatic import agreement_of, gave_up, plan_of, standing_of, upcoming
from allsquare.payments.autopay import HARD, Plan, checked_days, next_attempt
from allsquare.payments.errors import InvalidAgreement, InvalidPlan
from allsquare.payments.gateway import ChargeRequest, DisputeStage, MethodKind, Outcome, Status
from allsquare.payments.models import AutopayCharge, Consent, GatewayAccount, Payment, PaymentMethod
from allsquare.payments.services import charge_autopay
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.change_autopay_plan import change_autopay_plan
from allsquare.payments.services.charge_autopay import PATIENCE
from allsquare.payments.services.end_autopay import end_autopay
from allsquare.payments.services.refund import refund
from allsquare.payments.services.remove_method import remove_method
from allsquare.payments.services.run_autopay import run_autopay
from allsquare.payments.services.stop_autopay import stop_autopay
from allsquare.payments.services.sweep import sweep
from tests import factories
from tests.payments.flows import pay, take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    refund_outcome,
)
from tests.payments.test_saved_methods import saved
from tests.payments.test_transfers import BANK
from tests.square import assert_all_square

DECLINED = charge(Status.DECLINED, code="insufficient_funds", message="Too little.")


class Shop:
    """A customer who agreed, and the worker of their business on a moved clock."""

    def __init__(self, organization: Organization, customer: Customer, account: GatewayAccount) -> None:
        self.organization, self.customer, self.account = organization, customer, account
        self.method = saved(customer, account)
        self.payer = customer_actor(customer.id, customer.name, address="203.0.113.7")
        agree_autopay(organization=organization, customer_id=customer.id, actor=self.payer)

    def invoice(self, *, total: str = "100.00") -> Invoice:
        return issued_invoice(self.organization, self.customer, total=total)

    def answers(self, *outcomes: Outcome) -> None:
        ScriptedGateway.answers.extend(outcomes)

    def pays(self) -> None:
        self.answers(charge(reference=a_key(), amount=eur(10000), fee=eur(100)))

    def to(self, day: date, *, hour: int = 12) -> None:
        """The wall clock of the business shows ``day``."""
        there = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(self.organization.time_zone))
        self.organization.clock_offset = there - clock.now(None)
        self.organization.save(update_fields=["clock_offset"])

    def run(self) -> None:
        run_autopay(organization=self.organization)
        run_autopay(organization=self.organization)

    def through(self, start: date, days: int, *, hours: tuple[int, ...] = (0, 23)) -> list[date]:
        """The worker's rounds, at each of ``hours`` on each of ``days`` days; the days on which the provider was
        asked."""
        asked_on = []
        for offset in range(days):
            for hour in hours:
                before = len(asked())
                self.to(start + timedelta(days=offset), hour=hour)
                run_autopay(organization=self.organization)
                asked_on += [start + timedelta(days=offset)] * (len(asked()) - before)
        return asked_on

    def attempts(self, invoice: Invoice) -> list[tuple[str, str]]:
        rows = AutopayCharge.objects.filter(organization=self.organization, invoice=invoice)
        return [(row.state, row.reason) for row in rows.order_by("number")]

    def told(self, kind: str) -> list[Event]:
        found = Event.objects.filter(organization_id=self.organization.id, kind=f"autopay.{kind}")
        return list(found.order_by("id"))


def asked() -> list[ChargeRequest]:
    return [each for each in ScriptedGateway.asked if isinstance(each, ChargeRequest)]


@pytest.fixture
def shop(organization: Organization, customer: Customer, account: GatewayAccount) -> Shop:
    return Shop(organization, customer, account)


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


@pytest.mark.parametrize(
    "due",
    [date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29), date(2027, 12, 31)],
    ids=["clock goes forward", "clock goes back", "leap day", "last day of the year"],
)
def test_days_are_those_of_the_business(shop: Shop, due: date) -> None:
    """Berlin has no hour between two and three on the first of these days, and twice on the second."""
    shop.to(due - timedelta(days=30))
    invoice = shop.invoice()
    assert invoice.due_on == due
    shop.answers(DECLINED)
    shop.pays()
    charged = shop.through(due - timedelta(days=3), 8, hours=(0, 2, 3, 23))
    assert charged == [due, due + timedelta(days=3)]
    assert_all_square()


def test_months_go_by_and_each_invoice_is_charged_once(shop: Shop) -> None:
    first = date(2027, 1, 4)
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


def test_paid_another_way_in_the_meantime_nothing_is_charged(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    pay(invoice, shop.account, answer=charge(reference="ch_1", amount=eur(10000)))
    ScriptedGateway.asked.clear()
    assert shop.through(invoice.due_on - timedelta(days=1), 5) == []
    assert shop.attempts(invoice) == [("dropped", "not_open")]


def test_while_the_payer_pays_nothing_is_charged(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    payment = pay(invoice, shop.account, answer=charge(Status.PENDING, reference="ch_1"))
    ScriptedGateway.asked.clear()
    assert shop.through(invoice.due_on, 2) == []
    assert shop.attempts(invoice) == [("planned", "")]
    take(shop.account, charge(Status.DECLINED, reference="ch_1", code="insufficient_funds"))
    shop.pays()
    assert shop.through(invoice.due_on + timedelta(days=2), 1) == [invoice.due_on + timedelta(days=2)]
    assert payment.id != Payment.objects.get(organization=shop.organization, state="succeeded").id


def test_a_payer_at_the_providers_page_is_given_an_hour(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    shop.to(invoice.due_on, hour=9)
    pay(
        invoice,
        shop.account,
        answer=charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/"),
    )
    ScriptedGateway.asked.clear()
    shop.run()
    assert asked() == []
    shop.pays()
    shop.to(invoice.due_on, hour=11)
    shop.run()
    assert len(asked()) == 1


def test_an_announced_transfer_is_waited_for_some_days(shop: Shop, organization: Organization) -> None:
    """Somebody who is charged while their transfer is on its way pays twice."""
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    shop.to(invoice.due_on - timedelta(days=1))
    bank = add_gateway_account(
        organization=organization, gateway="bank_transfer", label="Bank", settings=BANK, actor=SYSTEM
    )
    payment = pay(invoice, bank, method=MethodKind.BANK_TRANSFER)
    assert payment.state == "pending"
    shop.pays()
    assert shop.through(invoice.due_on, 4) == []
    assert shop.attempts(invoice) == [("planned", "transfer_announced")]
    assert shop.through(invoice.due_on + timedelta(days=4), 3) == [invoice.due_on + timedelta(days=5)]
    assert shop.attempts(invoice) == [("charged", "")]


def test_what_could_not_be_booked_is_not_asked_for_and_others_are_charged(
    shop: Shop,
) -> None:
    """A franc has no rate today; the provider would take it, and the books could not."""
    today, organization = clock.today(shop.organization), shop.organization
    set_rate(organization=organization, currency="CHF", valid_on=today, rate=Decimal("0.9"), actor=SYSTEM)
    abroad, at_home = issued_invoice(organization, shop.customer, currency_code="CHF"), shop.invoice()
    ExchangeRate.objects.filter(organization=organization).delete()
    assert at_home.due_on is not None
    shop.answers(charge(reference="ch_1", amount=eur(10000), fee=eur(100)))
    assert shop.through(at_home.due_on - timedelta(days=3), 5) == [at_home.due_on]
    assert shop.attempts(abroad) == [("planned", "rate_missing")]
    assert shop.attempts(at_home) == [("charged", "")]


def test_one_charge_that_fails_does_not_stop_the_others(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = shop.invoice(), shop.invoice()
    assert one.due_on is not None
    real = charge_autopay._ask

    def ask(organization: Organization, row: AutopayCharge) -> None:
        if row.invoice_id == one.id:
            raise RateMissing("no rate since this moment")
        real(organization, row)

    monkeypatch.setattr(charge_autopay, "_ask", ask)
    shop.pays()
    shop.through(one.due_on - timedelta(days=2), 3)
    assert (shop.attempts(one), shop.attempts(two)) == ([("started", "")], [("charged", "")])
    monkeypatch.setattr(charge_autopay, "_ask", real)
    AutopayCharge.objects.filter(invoice=one).update(started_at=clock.now(None) - PATIENCE)
    shop.pays()
    shop.run()
    assert shop.attempts(one) == [("charged", "")]


def test_while_the_books_are_closed_nothing_is_charged(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    shop.to(invoice.due_on + timedelta(days=1))
    close_period(
        organization=shop.organization,
        starts_on=invoice.due_on.replace(day=1),
        ends_on=invoice.due_on,
        actor=SYSTEM,
    )
    shop.to(invoice.due_on)  # the machine's clock was set back
    shop.run()
    assert shop.attempts(invoice) == [("planned", "period_closed")]
    shop.pays()
    assert shop.through(invoice.due_on, 3) == [invoice.due_on + timedelta(days=1)]


def test_after_a_restore_nothing_is_charged_until_the_provider_was_asked(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    GatewayAccount.objects.filter(organization=shop.organization).update(unknown_since=clock.now(None))
    assert shop.through(invoice.due_on, 2) == []
    assert shop.attempts(invoice) == [("planned", "")]
    GatewayAccount.objects.filter(organization=shop.organization).update(unknown_since=None)
    shop.pays()
    assert len(shop.through(invoice.due_on + timedelta(days=2), 1)) == 1


def test_of_a_part_that_was_paid_only_the_rest_is_charged(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    pay(invoice, shop.account, amount=eur(4000), answer=charge(reference="ch_1", amount=eur(4000)))
    ScriptedGateway.asked.clear()
    shop.answers(charge(reference="ch_2", amount=eur(6000)))
    shop.through(invoice.due_on - timedelta(days=2), 3)
    assert [each.amount for each in asked()] == [eur(6000)]
    assert_all_square()


@pytest.mark.parametrize("fetched_back", [False, True], ids=["refund", "chargeback"])
def test_what_was_paid_and_given_back_is_left_to_a_person(shop: Shop, fetched_back: bool) -> None:
    """It is open again, but its payer was promised, or wants, something else."""
    before, between = shop.invoice(), shop.invoice()
    assert before.due_on is not None

    def paid_and_given_back(invoice: Invoice, amount: int) -> None:
        answer = charge(reference=a_key(), amount=eur(amount))
        payment = pay(invoice, shop.account, amount=eur(amount), answer=answer)
        if fetched_back:
            facts = {"reference": a_key(), "charge_reference": payment.reference, "amount": eur(amount)}
            take(shop.account, dispute_outcome(DisputeStage.OPENED, **facts))
            take(shop.account, dispute_outcome(DisputeStage.LOST, **facts))
            return
        shop.answers(refund_outcome(reference=a_key(), amount=eur(amount)))
        refund(
            organization=shop.organization,
            payment_id=payment.id,
            amount=eur(amount),
            reason="Promised",
            key=a_key(),
            actor=SYSTEM,
        )

    paid_and_given_back(before, 10000)
    shop.through(before.due_on - timedelta(days=2), 1)
    paid_and_given_back(between, 4000)
    for invoice in (before, between):
        invoice.refresh_from_db()
        assert invoice.open_minor == 10000
    ScriptedGateway.asked.clear()
    assert shop.through(before.due_on - timedelta(days=1), 12) == []
    assert (shop.attempts(before), shop.attempts(between)) == ([], [("dropped", "given_back")])


def test_void_invoices_and_those_from_before_the_agreement_are_not_charged(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    old = issued_invoice(organization, customer)
    assert old.due_on is not None
    organization.clock_offset = timedelta(days=40)
    organization.save()
    shop = Shop(organization, customer, account)
    voided = shop.invoice()
    shop.run()
    void(organization=organization, invoice_id=voided.id, reason="Wrong", actor=SYSTEM)
    assert shop.through(clock.today(organization), 40) == []
    assert shop.attempts(voided) == [("dropped", "not_open")]
    assert shop.attempts(old) == []


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
    assert shop.through(late, 5) == [late + timedelta(days=days) for days in (0, 1, 2)]


def test_stopped_by_the_payer_or_ended_nothing_is_charged(shop: Shop) -> None:
    one, two = shop.invoice(), shop.invoice()
    assert one.due_on is not None
    shop.through(one.due_on - timedelta(days=2), 1)
    for _ in range(2):
        stop_autopay(
            organization=shop.organization, invoice_id=one.id, customer_id=shop.customer.id, actor=shop.payer
        )
    assert len(shop.told("stopped")) == 1
    shop.pays()
    assert shop.through(one.due_on, 3) == [one.due_on]
    assert (shop.attempts(one), shop.attempts(two)) == ([("stopped", "stopped")], [("charged", "")])
    early = shop.invoice()
    stop_autopay(
        organization=shop.organization, invoice_id=early.id, customer_id=shop.customer.id, actor=shop.payer
    )
    third = shop.invoice()
    shop.run()
    for _ in range(2):
        end_autopay(organization=shop.organization, customer_id=shop.customer.id, actor=shop.payer)
    assert len(shop.told("ended")) == 1
    assert shop.through(clock.today(shop.organization), 40) == []
    assert (shop.attempts(early), shop.attempts(third)) == ([("stopped", "stopped")], [("stopped", "ended")])
    assert upcoming(shop.organization) == []


def stop(shop: Shop, invoice: Invoice) -> bool:
    return stop_autopay(
        organization=shop.organization, invoice_id=invoice.id, customer_id=shop.customer.id, actor=shop.payer
    )


def test_a_stop_while_a_charge_is_under_way_holds_when_it_fails(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.answers(charge(Status.PENDING, reference="db_1"))
    shop.through(invoice.due_on - timedelta(days=2), 3)
    assert stop(shop, invoice), "it goes on"
    assert stop(shop, invoice)
    assert len(shop.told("stopped")) == 1
    take(shop.account, charge(Status.DECLINED, reference="db_1", code="insufficient_funds"))
    assert shop.through(invoice.due_on + timedelta(days=1), 14) == []
    assert shop.attempts(invoice) == [("failed", "insufficient_funds"), ("stopped", "stopped")]
    assert [event.data["again_on"] for event in shop.told("failed")] == [None]
    assert not stop(shop, invoice)


def test_an_attempt_that_was_stopped_and_asked_nothing_is_not_planned_anew(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    GatewayAccount.objects.filter(organization=shop.organization).update(unknown_since=clock.now(None))
    shop.to(invoice.due_on)
    row = AutopayCharge.objects.select_related("invoice").get(organization=shop.organization)
    claimed = charge_autopay._claim(shop.organization, row)
    assert claimed is not None
    assert stop(shop, invoice)
    charge_autopay._ask(shop.organization, claimed)
    assert shop.attempts(invoice) == [("stopped", "stopped")] * 2
    GatewayAccount.objects.filter(organization=shop.organization).update(unknown_since=None)
    assert shop.through(invoice.due_on, 10) == []


def test_an_agreement_that_ended_while_a_charge_is_under_way_promises_no_other(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.answers(charge(Status.PENDING, reference="db_1"))
    shop.through(invoice.due_on - timedelta(days=2), 3)
    end_autopay(organization=shop.organization, customer_id=shop.customer.id, actor=shop.payer)
    take(shop.account, charge(Status.DECLINED, reference="db_1", code="insufficient_funds"))
    assert shop.through(invoice.due_on + timedelta(days=1), 14) == []
    assert [event.data["again_on"] for event in shop.told("failed")] == [None]


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
    assert standing.is_charging
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
