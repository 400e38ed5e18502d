"""Where a provider waits for us after its payer agreed: what was given up is not taken, and an old page is no dead end.
With PayPal, whose orders are forgotten when nobody pays them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.identity.models import Organization
from allsquare.payments import taking
from allsquare.payments.asking import close_page
from allsquare.payments.at_once import Errands
from allsquare.payments.errors import InvoiceNotPayable, PaymentUnderWay
from allsquare.payments.gateway import GatewayEvent, MethodKind, Status
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt, Taking
from allsquare.payments.registry import hinting
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.start import start_payment
from allsquare.payments.taking import AT_MOST, follow
from allsquare.selling.models import Sale
from tests.contracts.benches import PayPalBench
from tests.fakes import paypal_server
from tests.fakes.paypal_server import FakePayPal
from tests.faults.rails import Rail, paypal_rail
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    eur,
    issued_invoice,
    offline_account,
    scripted_account,
)
from tests.selling.makers import buy, grow_old, make_link, vat
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


@pytest.fixture
def rail(db: None) -> Iterator[Rail]:
    yield from paypal_rail()


@pytest.fixture
def organization(rail: Rail) -> Organization:
    found = rail.account.organization
    assert isinstance(found, Organization)
    return found


@pytest.fixture
def invoice(rail: Rail) -> Invoice:
    return issued_invoice(rail.account.organization, rail.customer)


def press(invoice: Invoice, account: GatewayAccount, method: MethodKind = MethodKind.PAYPAL) -> Payment:
    """The payer chooses this way on the pay page, and is led onward."""
    payer: Actor = customer_actor(invoice.customer_id, "Grace")
    return start_payment(
        organization=account.organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        method=method,
        gateway_account_id=account.id,
        key=a_key(),
        actor=payer,
        return_url="https://shop.example/back",
    )


def fake_of(rail: Rail) -> FakePayPal:
    assert isinstance(rail.hands, PayPalBench)
    return rail.hands.fake


def order_of(payment: Payment) -> str:
    return (payment.reference or "").removeprefix("order-")


def now_of(payment: Payment) -> str:
    payment.refresh_from_db()
    return payment.state


def hours_pass(payment: Payment, hours: int) -> None:
    Payment.objects.filter(organization_id=payment.organization_id, id=payment.id).update(
        created_at=payment.created_at - timedelta(hours=hours)
    )
    payment.refresh_from_db()


def test_whoever_comes_back_the_next_day_is_led_to_another_order(rail: Rail, invoice: Invoice) -> None:
    fake = fake_of(rail)
    monday = press(invoice, rail.account)
    assert press(invoice, rail.account).id == monday.id, "within three hours it is the same"
    hours_pass(monday, 4)
    fake.forget(order_of(monday))
    tuesday = press(invoice, rail.account)
    assert (tuesday.state, tuesday.redirect == monday.redirect) == ("needs_action", False)
    assert now_of(monday) == "canceled"
    assert now_of(rail.finish(tuesday)) == "succeeded"
    assert_all_square()


def test_a_look_at_an_old_page_ends_it(rail: Rail, invoice: Invoice) -> None:
    """Neither the payer nor a clerk is shown the way to a page that leads nowhere."""
    fake = fake_of(rail)
    left, approved = press(invoice, rail.account), press(rail.invoice(), rail.account)
    for each in (left, approved):
        hours_pass(each, 4)
    fake.approve(order_of(approved))
    for each in (left, approved):
        check_payment(organization=rail.organization, payment=each)
    assert (now_of(left), now_of(approved)) == ("canceled", "succeeded"), "who agreed before pays"


def test_the_last_unit_of_an_order_that_was_left_is_free_after_a_while(rail: Rail) -> None:
    vat(rail.organization)
    link = make_link(rail.organization, limit=1)
    gone, _payment = buy(link, rail.account, email="gone@example.com", method=MethodKind.PAYPAL)
    grow_old(gone, 21)
    sale, payment = buy(link, rail.account, email="bob@example.com", method=MethodKind.PAYPAL)
    gone.refresh_from_db()
    assert (gone.state, sale.state, payment.state) == (Sale.State.GIVEN_UP, "held", "needs_action")


def test_an_order_that_is_approved_after_the_payer_took_another_way_is_not_captured(
    rail: Rail, invoice: Invoice
) -> None:
    fake = fake_of(rail)
    cards = scripted_account(rail.organization)
    tab = press(invoice, rail.account)
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(10000)))
    paid = press(invoice, cards, MethodKind.CARD)
    assert (paid.state, now_of(tab)) == ("succeeded", "canceled")
    fake.approve(order_of(tab))
    attempt = PaymentAttempt.objects.get(organization=rail.organization, payment=tab)
    speaker = hinting(rail.account)
    assert speaker is not None
    told = GatewayEvent("WH-1", "CHECKOUT.ORDER.APPROVED", order_of(tab), {})
    (heard,) = follow(rail.organization, rail.account, speaker, told, Errands())
    assert (heard.status, heard.key) == (Status.ACTION_REQUIRED, attempt.id)
    rail.sweep()
    assert (fake.captures, now_of(tab)) == ({}, "canceled")
    assert_all_square()


def test_an_order_that_is_approved_for_what_wants_no_money_any_more_is_not_captured(
    rail: Rail, invoice: Invoice
) -> None:
    """Before its page was closed."""
    fake = fake_of(rail)
    tab = press(invoice, rail.account)
    void(organization=rail.organization, invoice_id=invoice.id, reason="Twice", actor=SYSTEM)
    assert now_of(tab) == "needs_action"
    fake.approve(order_of(tab))
    speaker = hinting(rail.account)
    assert speaker is not None
    told = GatewayEvent("WH-1", "CHECKOUT.ORDER.APPROVED", order_of(tab), {})
    (heard,) = follow(rail.organization, rail.account, speaker, told, Errands())
    assert (heard.status, fake.captures) == (Status.ACTION_REQUIRED, {})
    check_payment(organization=rail.organization, payment=Payment.objects.get(id=tab.id))
    assert (fake.captures, now_of(tab)) == ({}, "canceled")
    assert_all_square()


def test_an_order_that_is_approved_after_cash_was_recorded_is_not_captured(
    rail: Rail, invoice: Invoice
) -> None:
    fake = fake_of(rail)
    tab = press(invoice, rail.account)
    record_money(
        organization=rail.organization,
        invoice_id=invoice.id,
        amount=eur(10000),
        method=MethodKind.CASH,
        gateway_account_id=offline_account(rail.organization).id,
        key=a_key(),
        actor=SYSTEM,
    )
    assert now_of(tab) == "canceled"
    fake.approve(order_of(tab))
    check_payment(organization=rail.organization, payment=Payment.objects.get(id=tab.id))
    assert (fake.captures, now_of(tab)) == ({}, "canceled")
    assert_all_square()


def test_while_the_money_is_being_taken_no_other_way_is_begun(rail: Rail, invoice: Invoice) -> None:
    cards = scripted_account(rail.organization)
    tab = press(invoice, rail.account)
    now = clock.now(None)
    Taking.objects.create(
        organization=rail.organization, payment=tab, under_way=1, until=now + AT_MOST
    )  # somebody else, a moment ago
    with pytest.raises(PaymentUnderWay):
        press(invoice, cards, MethodKind.CARD)
    assert now_of(tab) == "needs_action"
    # Whoever it was died, and took nothing.
    Taking.objects.filter(organization=rail.organization).update(until=now)
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(10000)))
    assert press(invoice, cards, MethodKind.CARD).state == "succeeded"
    check_payment(organization=rail.organization, payment=Payment.objects.get(id=tab.id))
    assert now_of(tab) == "canceled"


def test_whoever_hung_too_long_ends_nobody_elses_taking(
    rail: Rail, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their time was over, so they were not counted any more when the second one began."""
    tab = press(invoice, rail.account)
    at = [clock.now(None)]
    monkeypatch.setattr(clock, "now", lambda _organization: at[0])
    slow, quick = (taking._Hold(rail.organization, rail.account, Errands()) for _ in range(2))
    assert slow.may_take(rail.key_of(tab))
    at[0] += AT_MOST + timedelta(seconds=1)
    assert quick.may_take(rail.key_of(tab))
    slow.heard([rail.asked(tab)])
    assert taking.close(rail.organization, tab), "the second one is at it"
    quick.heard([rail.asked(tab)])
    assert not taking.close(rail.organization, tab)


def test_an_order_that_paypal_could_not_be_asked_about_stays_given_up(rail: Rail, invoice: Invoice) -> None:
    fake = fake_of(rail)
    tab = press(invoice, rail.account)
    fake.approve(order_of(tab))
    fake.key_revoked = fake.token_gone = True
    assert not close_page(
        organization=rail.organization, payment=tab, actor=customer_actor(invoice.customer_id, "Grace")
    )
    assert (now_of(tab), tab.redirect) == ("needs_action", "")
    fake.key_revoked = False
    again = press(invoice, rail.account)
    assert again.id != tab.id, "nobody is led to it any more"
    assert (now_of(tab), fake.captures) == ("canceled", {})
    assert now_of(rail.finish(again)) == "succeeded"


def test_a_refused_card_leaves_the_page_to_be_closed_at_once(rail: Rail, invoice: Invoice) -> None:
    fake = fake_of(rail)
    tab = press(invoice, rail.account)
    fake.approve(order_of(tab))
    fake.next_capture = "INSTRUMENT_DECLINED"
    check_payment(organization=rail.organization, payment=tab)
    assert now_of(tab) == "needs_action"
    assert Taking.objects.get(organization=rail.organization, payment=tab).under_way == 0
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(10000)))
    assert press(invoice, scripted_account(rail.organization), MethodKind.CARD).state == "succeeded"
    assert now_of(tab) == "canceled"


@pytest.mark.parametrize("which", ["mine", "another"])
def test_after_a_restore_nothing_is_taken_before_everybody_was_asked(
    rail: Rail, invoice: Invoice, which: str
) -> None:
    """The backup knows neither that the page was closed nor that its invoice was paid another way."""
    payment = press(invoice, rail.account)
    account = rail.account if which == "mine" else scripted_account(rail.account.organization)
    found = GatewayAccount.objects.filter(id=account.id)
    found.update(unknown_since=clock.now(None))
    rail.account.refresh_from_db()
    rail.agrees(payment)
    rail.time_passes()
    rail.sweep()
    assert (now_of(payment), rail.charged(rail.key_of(payment))) == ("needs_action", [])
    found.update(unknown_since=None)
    rail.account.refresh_from_db()
    rail.time_passes()
    rail.sweep()
    assert now_of(payment) == "succeeded"


@pytest.mark.parametrize(("untold", "state"), [("fee", "succeeded"), ("all", "pending")])
def test_a_capture_of_which_little_is_told_is_not_paid_once_more(
    rail: Rail, invoice: Invoice, untold: str, state: str
) -> None:
    """PayPal promises the amount of a capture, and no fee. While it was not understood the order waited here, captured
    there, and a card was let through beside it."""
    fake = fake_of(rail)
    cards = scripted_account(rail.organization)
    fake.untold = untold
    payment = rail.finish(press(invoice, rail.account))
    assert now_of(payment) == state
    with pytest.raises((InvoiceNotPayable, PaymentUnderWay)):
        press(invoice, cards, MethodKind.CARD)
    (capture,) = fake.captures.values()
    capture["seller_receivable_breakdown"] = paypal_server.breakdown(capture["amount"])
    rail.time_passes()
    rail.sweep()
    payment.refresh_from_db()
    fee = 0 if untold == "fee" else 150
    assert (payment.state, payment.captured_minor, payment.fee_minor) == ("succeeded", 10000, fee)
    assert_all_square()
