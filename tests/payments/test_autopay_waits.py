"""A provider that is down is not asked for what can wait: no attempt of the plan is spent, and nobody is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.payments.autopay_plan import ASIDE
from allsquare.payments.gateway import Status
from allsquare.payments.health import FIRST_PAUSE, LEAST
from allsquare.payments.models import AutopayCharge, GatewayAccount, Payment
from allsquare.payments.services.check_payment import RESEND_FOR
from allsquare.payments.services.end_autopay import end_autopay
from allsquare.payments.services.run_autopay import run_autopay
from allsquare.payments.services.stop_autopay import stop_autopay
from allsquare.payments.services.sweep import sweep
from tests.payments.autopay_shop import Shop, asked
from tests.payments.flows import take
from tests.payments.makers import AWAY, SILENT, ScriptedGateway, a_key, charge, eur
from tests.square import assert_all_square


def goes_down(shop: Shop, *, probe: timedelta = timedelta(hours=1)) -> None:
    now = clock.now(None)
    GatewayAccount.objects.filter(organization=shop.organization).update(down_since=now, probe_at=now + probe)


def test_what_could_not_be_charged_for_long_is_told_anew_before_it_is(shop: Shop) -> None:
    """Nobody looks for a charge ten days after the day that they were told."""
    invoice = shop.invoice()
    assert invoice.due_on is not None
    shop.through(invoice.due_on - timedelta(days=2), 1)
    goes_down(shop, probe=timedelta(days=99))
    assert shop.through(invoice.due_on, 10) == []
    GatewayAccount.objects.filter(organization=shop.organization).update(down_since=None, probe_at=None)
    stood_long_enough(shop)
    shop.pays()
    again = invoice.due_on + timedelta(days=10)
    assert shop.through(again, 4) == [again + timedelta(days=2)]
    assert len(shop.told("announced")) == 2


def probe_is_due(shop: Shop) -> None:
    GatewayAccount.objects.filter(organization=shop.organization).update(probe_at=clock.now(None))


def stood_long_enough(shop: Shop) -> None:
    """Nobody waits for the machine's clock."""
    rows = AutopayCharge.objects.filter(organization=shop.organization, state="planned")
    rows.update(started_at=clock.now(None) - ASIDE)


def due(shop: Shop, number: int = 1) -> list[Invoice]:
    """Announced, and due now."""
    invoices = [shop.invoice() for _ in range(number)]
    assert invoices[0].due_on is not None
    shop.through(invoices[0].due_on - timedelta(days=2), 2)
    shop.to(invoices[0].due_on)
    return invoices


def test_while_its_provider_is_down_nothing_is_asked_spent_or_told(shop: Shop) -> None:
    (invoice,) = due(shop)
    goes_down(shop)
    for _ in range(3):
        shop.run()
        stood_long_enough(shop)
    assert asked() == []
    assert shop.attempts(invoice) == [("planned", "provider_down")]
    assert shop.told("failed") == []
    GatewayAccount.objects.filter(organization=shop.organization).update(down_since=None, probe_at=None)
    shop.pays()
    shop.run()
    assert shop.attempts(invoice) == [("charged", "")]
    assert_all_square()


def test_one_of_those_that_wait_is_the_probe_and_the_others_follow(shop: Shop) -> None:
    invoices = due(shop, 3)
    goes_down(shop)
    shop.run()
    probe_is_due(shop)
    stood_long_enough(shop)
    shop.answers(AWAY)
    shop.run()
    assert len(asked()) == 1, "one at a time tries"
    assert [shop.attempts(each) for each in invoices] == [[("planned", "provider_down")]] * 3
    assert shop.told("failed") == []
    probe_is_due(shop)
    stood_long_enough(shop)
    for _ in invoices:
        shop.pays()
    shop.run()
    assert [shop.attempts(each) for each in invoices] == [[("charged", "")]] * 3
    account = GatewayAccount.objects.get(organization=shop.organization)
    assert account.down_since is None
    assert_all_square()


def test_those_that_stand_aside_hold_up_no_others(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of so many that wait for a provider, those behind them that can be charged are."""
    monkeypatch.setattr("allsquare.payments.services.charge_autopay.MOST", 2)
    due(shop, 3)
    goes_down(shop)
    run_autopay(organization=shop.organization)
    waiting = AutopayCharge.objects.filter(organization=shop.organization)
    assert waiting.filter(reason="provider_down").count() == 2
    run_autopay(organization=shop.organization)
    assert waiting.filter(reason="provider_down").count() == 3


def test_the_first_in_vain_are_no_attempts_either(shop: Shop) -> None:
    """Before anybody knows that it is down, some are asked for."""
    invoices = due(shop, LEAST + 1)
    shop.answers(*[AWAY] * LEAST)
    shop.run()
    assert len(asked()) == LEAST
    assert [shop.attempts(each) for each in invoices] == [[("planned", "provider_down")]] * (LEAST + 1)
    assert shop.told("failed") == []
    probe_is_due(shop)
    stood_long_enough(shop)
    for _ in invoices:
        shop.pays()
    shop.run()
    assert [shop.attempts(each) for each in invoices] == [[("charged", "")]] * (LEAST + 1)
    keys = [each.key for each in asked()]
    assert len(set(keys)) == len(keys), "what was never sent is asked for as another payment"
    assert_all_square()


def test_what_is_never_taken_fails_when_its_day_is_over(shop: Shop) -> None:
    """The provider answers others, and refuses this one in its own words again and again: its payer hears of it."""
    (invoice,) = due(shop)
    shop.answers(AWAY)
    run_autopay(organization=shop.organization)
    assert shop.attempts(invoice) == [("planned", "provider_down")]
    assert invoice.due_on is not None
    shop.to(invoice.due_on + timedelta(days=1))
    stood_long_enough(shop)
    shop.answers(AWAY)
    run_autopay(organization=shop.organization)
    assert shop.attempts(invoice) == [("failed", "unreachable"), ("planned", "")]
    assert len(shop.told("failed")) == 1


def test_a_sum_that_its_provider_cannot_take_is_told_at_once(shop: Shop) -> None:
    """We did not even ask for it: no other day does better."""
    (invoice,) = due(shop)
    shop.answers(charge(Status.NOT_SENT, code="amount_unsupported"))
    run_autopay(organization=shop.organization)
    assert shop.attempts(invoice) == [("failed", "amount_unsupported")]
    assert len(shop.told("failed")) == 1


def test_through_a_long_outage_probes_spend_no_attempt(shop: Shop) -> None:
    (invoice,) = due(shop)
    goes_down(shop)
    assert invoice.due_on is not None
    for day in range(4):
        shop.to(invoice.due_on + timedelta(days=day))
        probe_is_due(shop)
        stood_long_enough(shop)
        shop.answers(AWAY)
        run_autopay(organization=shop.organization)
    assert len(asked()) == 4
    assert shop.attempts(invoice) == [("planned", "provider_down")]
    assert shop.told("failed") == []


def test_what_had_no_answer_and_never_came_is_made_anew_on_the_next_day(shop: Shop) -> None:
    (invoice,) = due(shop)
    shop.answers(SILENT)
    run_autopay(organization=shop.organization)
    assert shop.attempts(invoice) == [("started", "")]
    shop.organization.clock_offset += RESEND_FOR + timedelta(minutes=1)
    shop.organization.save(update_fields=["clock_offset"])
    ScriptedGateway.lookups.append(charge(Status.NOT_SENT))
    Payment.objects.filter(organization=shop.organization).update(next_check_at=clock.now(None))
    sweep(organization=shop.organization)
    run_autopay(organization=shop.organization)
    assert shop.attempts(invoice) == [("planned", "provider_down")]
    stood_long_enough(shop)
    shop.run()
    assert len(asked()) == 1, "it is given a night not to arrive"
    shop.pays()
    assert invoice.due_on is not None
    assert shop.through(invoice.due_on + timedelta(days=1), 1) == [invoice.due_on + timedelta(days=1)]
    assert shop.attempts(invoice) == [("charged", "")]
    assert_all_square()


@pytest.mark.parametrize("how", ["stopped", "ended"])
def test_who_wants_no_more_meanwhile_is_asked_for_nothing(shop: Shop, how: str) -> None:
    (invoice,) = due(shop)
    goes_down(shop)
    shop.run()
    if how == "stopped":
        stop_autopay(
            organization=shop.organization,
            invoice_id=invoice.id,
            customer_id=shop.customer.id,
            actor=shop.payer,
        )
    else:
        end_autopay(organization=shop.organization, customer_id=shop.customer.id, actor=shop.payer)
    GatewayAccount.objects.filter(organization=shop.organization).update(down_since=None, probe_at=None)
    stood_long_enough(shop)
    shop.run()
    assert asked() == []
    assert [state for state, _reason in shop.attempts(invoice)] == ["stopped"]


def test_an_attempt_in_vain_whose_payer_wants_no_more_is_over(shop: Shop) -> None:
    (invoice,) = due(shop)
    shop.answers(SILENT)
    run_autopay(organization=shop.organization)
    end_autopay(organization=shop.organization, customer_id=shop.customer.id, actor=shop.payer)
    attempt = AutopayCharge.objects.get(organization=shop.organization, invoice=invoice)
    assert attempt.payment is not None
    Payment.objects.filter(id=attempt.payment.id).update(state="failed", failure_code="unreachable")
    attempt.payment.attempts.update(status="not_sent", code="unreachable")
    shop.run()
    assert [state for state, _reason in shop.attempts(invoice)] == ["failed"]


def test_the_pause_of_a_probe_is_shorter_than_that_of_a_charge() -> None:
    """So no charge of a provider that answers again waits for another probe."""
    assert FIRST_PAUSE < ASIDE


def test_a_payment_of_an_earlier_try_that_comes_late_pays_the_invoice_once(shop: Shop) -> None:
    """Money is truth: the request that surely never came did, and the invoice is not charged again."""
    (invoice,) = due(shop)
    shop.answers(AWAY)
    run_autopay(organization=shop.organization)
    payment = Payment.objects.get(organization=shop.organization)
    attempt = payment.attempts.get()
    take(shop.account, charge(key=attempt.id, reference=a_key(), amount=eur(10000), fee=eur(0)))
    stood_long_enough(shop)
    shop.run()
    invoice.refresh_from_db()
    assert (invoice.state, len(asked())) == ("paid", 1)
    assert shop.attempts(invoice) == [("dropped", "not_open")]
    assert_all_square()
