"""Fault 42 at PayPal: its report lags hours behind, so right after a restore it does not name what was captured last.
Whoever believes it charges a payer once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.core import clock, restoration
from allsquare.core.ids import new_id
from allsquare.core.models import Restoration
from allsquare.gateways.paypal import PayPalGateway
from allsquare.payments.errors import GatewayUnavailable, InvoiceNotPayable
from allsquare.payments.gateway import Capability, Outcome, RefundRequest, Status, Subject
from allsquare.payments.gateway_abilities import HistoryUnavailable
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services import recover as room
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.recover import recover
from tests.contracts.benches import PayPalBench, charge_request, paypal_gateway
from tests.fakes.paypal_server import FakePayPal
from tests.faults.rails import Rail, paypal_rail
from tests.payments.makers import eur, issued_invoice
from tests.payments.test_taking import press
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db


@pytest.fixture
def rail(db: None) -> Iterator[Rail]:
    yield from paypal_rail()


@pytest.fixture
def fake(rail: Rail) -> FakePayPal:
    assert isinstance(rail.hands, PayPalBench)
    rail.hands.fake.lag = timedelta(hours=3)
    return rail.hands.fake


@pytest.fixture
def invoice(rail: Rail) -> Invoice:
    return issued_invoice(rail.organization, rail.customer)


def taken(rail: Rail, invoice: Invoice) -> Outcome:
    """What the installation that is no more had captured for it."""
    labels = {"invoice": str(invoice.id), "customer": str(invoice.customer_id)}
    asked = replace(charge_request(rail.hands, eur(10000), key=new_id()), metadata=labels)
    page = rail.hands.gateway.start(asked)
    rail.hands.payer_pays(page)
    done = rail.hands.gateway.look_up(key=asked.key, reference=page.reference, subject=Subject.CHARGE)
    assert done.status is Status.SUCCEEDED
    return done


def restore(rail: Rail) -> None:
    """From a backup that was taken an hour ago."""
    taken_at = clock.now(None) - timedelta(hours=1)
    restoration.begin(taken_at=taken_at)
    account_of(rail, unknown_since=taken_at, history_until=taken_at)


def account_of(rail: Rail, **changed: object) -> GatewayAccount:
    mine = GatewayAccount.objects.filter(organization=rail.organization, id=rail.account.id)
    if changed:
        mine.update(**changed)
    return mine.get()


def recovers(rail: Rail) -> bool:
    return recover(organization=rail.organization, gateway_account=account_of(rail))


def asks(rail: Rail) -> bool:
    return ask_history(organization=rail.organization, gateway_account=account_of(rail, history_due_at=None))


def test_what_is_not_in_the_report_yet_is_found_in_the_news_that_paypal_sent(
    rail: Rail, fake: FakePayPal, invoice: Invoice
) -> None:
    charge = taken(rail, invoice)
    rail.hands.gateway.refund(
        RefundRequest(key=new_id(), charge_reference=charge.reference, amount=eur(2500))
    )
    restore(rail)
    assert recovers(rail), "nobody waits three hours"
    (payment,) = Payment.objects.filter(organization=rail.organization)
    assert (payment.state, payment.reference) == ("succeeded", charge.reference)
    assert (payment.captured_minor, payment.refunded_minor) == (10000, 2500)
    assert account_of(rail).unknown_since is None
    assert_all_square()


def test_where_paypal_sends_no_news_nothing_moves_until_the_report_names_it(
    rail: Rail, fake: FakePayPal, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "adapter", lambda _account: paypal_gateway(fake.url, webhook_id=""))
    taken(rail, invoice)
    restore(rail)
    assert not recovers(rail)
    with pytest.raises(GatewayUnavailable):
        press(invoice, account_of(rail))
    fake.lag = -timedelta(seconds=2)  # hours later; the report counts in whole seconds
    assert recovers(rail)
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    with pytest.raises(InvoiceNotPayable):
        press(invoice, account_of(rail))
    assert_all_square()


def test_control_who_believes_the_report_alone_charges_once_more(
    rail: Rail, fake: FakePayPal, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Believer(PayPalGateway):
        capabilities = PayPalGateway.capabilities - {Capability.LAGS}

    settings = {
        "client_id": "client_of_the_fake",
        "client_secret": "secret_of_the_fake",
        "base_url": fake.url,
    }
    monkeypatch.setattr(room, "adapter", lambda _account: Believer(settings))
    taken(rail, invoice)
    restore(rail)
    assert recovers(rail)
    assert rail.finish(press(invoice, account_of(rail))).state == "succeeded"
    assert len(fake.captures) == 2


def test_what_the_hourly_question_meets_of_the_lost_time_is_made_anew(
    rail: Rail, fake: FakePayPal, invoice: Invoice
) -> None:
    """It came late into the list, and into no news: it was dropped as somebody else's."""
    restore(rail)
    account_of(rail, unknown_since=None)
    taken(rail, invoice)
    within = (Restoration.objects.get().restored_at - timedelta(minutes=30)).isoformat()
    fake.report[-1]["transaction_initiation_date"] = within
    (capture,) = fake.captures.values()
    capture["create_time"] = within
    fake.lag, fake.news[:] = timedelta(), []
    assert asks(rail)
    invoice.refresh_from_db()
    assert invoice.state == "paid"
    assert_all_square()


def test_what_others_did_without_a_restore_stays_theirs(
    rail: Rail, fake: FakePayPal, invoice: Invoice
) -> None:
    taken(rail, invoice)
    fake.lag = timedelta()
    assert asks(rail)
    assert not Payment.objects.filter(organization=rail.organization).exists()


def test_the_next_question_begins_where_the_report_ended(rail: Rail, fake: FakePayPal) -> None:
    """However far it is behind, nothing is passed over."""
    fake.lag = timedelta(hours=9)
    assert asks(rail)
    until = account_of(rail).history_until
    assert until is not None
    assert abs(clock.now(None) - timedelta(hours=9) - until) < timedelta(minutes=1)


def test_how_far_paypal_says_that_its_list_goes(fake: FakePayPal) -> None:
    now, minute = clock.now(None), timedelta(minutes=1)

    def behind(webhook_id: str = "WH0OK") -> tuple[timedelta, timedelta]:
        found = paypal_gateway(fake.url, webhook_id=webhook_id).reaches()
        return now - found.everything, now - found.payers

    everything, payers = behind()
    assert abs(everything - fake.lag) < minute
    assert abs(payers) < minute, "its news says the rest"
    fake.sends = ["PAYMENT.CAPTURE.COMPLETED"]
    assert abs(behind()[1] - fake.lag) < minute, "not all of it is sent"
    fake.sends = ["*"]
    for unknown in ("", "WH9"):
        assert abs(behind(unknown)[1] - fake.lag) < minute
    with pytest.raises(HistoryUnavailable):
        paypal_gateway("http://127.0.0.1:1").reaches()
