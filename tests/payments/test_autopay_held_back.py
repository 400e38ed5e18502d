"""What keeps an invoice from being charged by itself: its payer is at it, or stopped it, or it cannot be booked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.errors import RateMissing
from allsquare.ledger.models import ExchangeRate
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.autopay import upcoming
from allsquare.payments.gateway import DisputeStage, MethodKind, Status
from allsquare.payments.models import AutopayCharge, GatewayAccount, Payment
from allsquare.payments.services import charge_autopay
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.charge_autopay import PATIENCE
from allsquare.payments.services.end_autopay import end_autopay
from allsquare.payments.services.refund import refund
from allsquare.payments.services.stop_autopay import stop_autopay
from allsquare.payments.services.use_credit import use_credit
from tests.payments.autopay_shop import Shop, asked
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
from tests.payments.several import begin, together
from tests.payments.test_transfers import BANK
from tests.square import assert_all_square


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


@pytest.mark.parametrize("several", [False, True])
def test_who_is_paying_is_not_told_that_they_will_be_charged(shop: Shop, several: bool) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    answer = charge(Status.PENDING, reference="ch_1")
    if several:
        begin(together(shop.customer, shop.account, [invoice, shop.invoice()]), shop.customer, answer=answer)
    else:
        pay(invoice, shop.account, answer=answer)
    ScriptedGateway.asked.clear()
    assert shop.through(invoice.due_on - timedelta(days=2), 4) == []
    assert shop.told("announced") == []
    take(shop.account, charge(Status.DECLINED, reference="ch_1", code="insufficient_funds"))
    shop.pays()
    shop.pays()
    failed_on = clock.today(shop.organization)
    charged = shop.through(failed_on, 4)
    assert set(charged) == {failed_on + timedelta(days=2)}, "told now, and charged after the notice"
    assert {event.subject_id for event in shop.told("announced")} >= {invoice.id}


def test_many_that_are_being_paid_hold_up_none_of_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a monthly run that is paid by bank debits, which take days."""
    monkeypatch.setattr(charge_autopay, "MOST", 2)
    *busy, free = (shop.invoice() for _ in range(4))
    assert free.due_on is not None
    shop.through(free.due_on - timedelta(days=2), 1)
    for number, each in enumerate(busy):
        pay(each, shop.account, answer=charge(Status.PENDING, reference=f"ch_{number}"))
    ScriptedGateway.asked.clear()
    shop.pays()
    shop.to(free.due_on)
    shop.run()
    assert shop.attempts(free) == [("charged", "")]
    assert [shop.attempts(each) for each in busy] == [[("planned", "")]] * 3


def test_what_another_payments_credit_had_paid_is_not_charged_when_that_goes_back(shop: Shop) -> None:
    invoice = issued_invoice(shop.organization, shop.customer, total="50.00")
    payment = pay(invoice, shop.account, answer=charge(reference="ch_1", amount=eur(15000)))
    second = shop.invoice()
    use_credit(
        organization=shop.organization, invoice_id=second.id, amount=eur(10000), key=a_key(), actor=SYSTEM
    )
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(4000)))
    refund(
        organization=shop.organization,
        payment_id=payment.id,
        amount=eur(4000),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
    second.refresh_from_db()
    assert (second.state, second.open_minor) == ("partly_paid", 4000)
    shop.run()
    assert shop.attempts(second) == []


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


def test_a_case_that_was_won_leaves_the_rest_to_the_agreement(shop: Shop) -> None:
    invoice = shop.invoice()
    assert invoice.due_on is not None
    payment = pay(invoice, shop.account, amount=eur(4000), answer=charge(reference="ch_1", amount=eur(4000)))
    facts = {"reference": "dp_1", "charge_reference": payment.reference, "amount": eur(4000)}
    take(shop.account, dispute_outcome(DisputeStage.OPENED, **facts))
    take(shop.account, dispute_outcome(DisputeStage.WON, **facts))
    ScriptedGateway.asked.clear()
    shop.answers(charge(reference="ch_2", amount=eur(6000)))
    shop.through(invoice.due_on - timedelta(days=2), 3)
    assert [each.amount for each in asked()] == [eur(6000)]
    assert_all_square()
