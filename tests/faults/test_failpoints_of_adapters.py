"""Fault 3 for every real provider's adapter: the process dies at every step between intent and commit.

As ``test_failpoints`` does with the sandbox, against the servers that speak the providers' formats. What moves money
differs: Stripe charges a saved card in one request; GoCardless collects under a mandate, and banks answer days later;
PayPal's payer approves an order, which is then captured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.payments.evidence import Given
from allsquare.payments.gateway import Capability, Outcome, Status, Subject
from allsquare.payments.models import (
    AutopayCharge,
    Dispute,
    GatewayAccount,
    InboxEvent,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    Refund,
)
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.answer_dispute import answer_dispute
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.charge_autopay import PATIENCE, charge_due
from allsquare.payments.services.drain import drain
from allsquare.payments.services.forget_method import forget_method
from allsquare.payments.services.plan_autopay import plan_autopay
from allsquare.payments.services.receive import receive
from allsquare.payments.services.remove_method import remove_method
from tests.contracts.test_evidence import Disputed
from tests.fakes.stripe_server import FakeStripe
from tests.faults.rails import (
    Rail,
    gocardless_rail,
    paypal_rail,
    stripe_element_rail,
    stripe_rail,
    stripe_transfer_rail,
)
from tests.faults.shop import Shop
from tests.faults.test_failpoints import Mortal, passed_by
from tests.payments.makers import a_key
from tests.square import assert_all_square
from tests.webhook_catcher import Caught, WebhookCatcher

pytestmark = pytest.mark.faults

#: Where news says all that must be booked, whole batches are digested: not so with any of these.
OF_BATCHES = frozenset({"inbox.taken", "inbox.drained"})


RAILS = {
    "stripe": stripe_rail,
    "stripe_transfer": stripe_transfer_rail,
    "gocardless": gocardless_rail,
    "paypal": paypal_rail,
    "stripe_element": stripe_element_rail,
}
#: Where a card is entered makes a difference to charging alone.
CHARGING = pytest.mark.parametrize("rail", [*RAILS], indirect=True)


@pytest.fixture(params=["stripe", "stripe_transfer", "gocardless", "paypal"])
def rail(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Rail]:
    yield from RAILS[request.param]()


@pytest.fixture
def mortal(rail: Rail, forks: Any) -> Mortal:
    return Mortal(forks, cast(Shop, rail))


@pytest.fixture
def report(
    rail: Rail, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[list[str]]:
    """The failpoints that were died at. In the end the proofs are asked, and the figure is said."""
    kills: list[str] = []
    yield kills
    assert_all_square()
    if not request.session.testsfailed:
        figure = f"{len(kills)} kills, after each everything is there once"
        print(f"\n{request.node.name}: {figure}")  # noqa: T201 - the figure is what a reader of -s wants
        record_property("figure", figure)


@CHARGING
def test_paying(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """Killed anywhere; the sweep and the payer, who presses again, come to one charge that is booked once."""
    for point in passed_by("pay"):
        invoice, key = rail.invoice(), a_key()
        mortal.dies("pay", point, invoice=str(invoice.id), key=key, method=rail.hands.method)
        if len(report) % 2:  # whoever comes first
            rail.sweep()
        payment = rail.pay(invoice, key=key)
        rail.sweep()
        rail.assert_paid_once(rail.finish(payment), point)
        report.append(point)


def test_giving_back(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    for point in passed_by("refund"):
        payment, key = rail.paid(), a_key()
        before = rail.hands.refunds_made()
        mortal.dies("refund", point, payment=str(payment.id), key=key)
        if len(report) % 2:
            rail.sweep()
        made = rail.given(rail.refund(payment, key=key))
        rail.sweep()
        made = rail.given(made)
        assert made.state == "succeeded", point
        assert rail.hands.refunds_made() == before + 1, point
        report.append(point)


@CHARGING
def test_hearing_of_it(rail: Rail, mortal: Mortal, catcher: WebhookCatcher, report: list[str]) -> None:
    """No answer came, so the provider delivers again."""
    rail.hands.send_news_to(catcher.url)
    for point in passed_by("webhook"):
        if point in OF_BATCHES:
            continue
        payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
        attempt = PaymentAttempt.objects.get(organization=rail.organization, payment=payment)
        page = Outcome(
            Subject.CHARGE,
            Status.ACTION_REQUIRED,
            payment.gateway,
            key=attempt.id,
            reference=payment.reference or "",
        )
        heard = len(catcher.caught)
        rail.hands.payer_pays(page)
        news = catcher.wait(heard + rail.hands.traits.deliveries)[-1]
        mortal.dies("webhook", point, headers=news.headers, body=news.body.decode())
        assert _deliver(rail, news) is (point == "inbox.written"), point
        _drain(rail)
        payment.refresh_from_db()
        rail.assert_paid_once(payment, point)
        report.append(point)


@CHARGING
@pytest.mark.parametrize("before", ["charge.answered", "charge.intent_committed"])
def test_asking_what_became_of_a_payment(rail: Rail, mortal: Mortal, report: list[str], before: str) -> None:
    """A second death, of the one who cleans up after the first."""
    points = [point for point in passed_by("sweep a payment that was charged") if point.startswith("sweep.")]
    for point in points:
        invoice, key = rail.invoice(), a_key()
        mortal.dies("pay", before, invoice=str(invoice.id), key=key, method=rail.hands.method)
        rail.time_passes()
        mortal.dies("sweep", point)
        rail.sweep()
        payment = Payment.objects.get(organization=rail.organization, key=key)
        rail.assert_paid_once(rail.finish(payment), point)
        report.append(f"{before}, {point}")


def test_asking_what_became_of_a_refund(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """As above; PayPal is asked for it once more under its key, since it finds none by that."""
    points = [point for point in passed_by("sweep a refund that was given") if point.startswith("sweep.")]
    for point in points:
        payment, key = rail.paid(), a_key()
        before = rail.hands.refunds_made()
        mortal.dies("refund", "refund.answered", payment=str(payment.id), key=key)
        rail.time_passes()
        mortal.dies("sweep", point)
        rail.sweep()
        made = rail.given(Refund.objects.get(organization=rail.organization, key=key))
        assert made.state == "succeeded", point
        assert rail.hands.refunds_made() == before + 1, point
        report.append(point)


def test_paying_another_way(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """Killed after the first page was closed: the payer who comes again is led to one page, and pays once."""
    if Capability.CLOSES not in rail.hands.gateway.capabilities:
        pytest.skip("its pages cannot be closed")
    if not rail.card:
        pytest.skip("it is paid in one way only: see tests/concurrency/test_taken_or_closed.py")
    invoice = rail.invoice()
    first = rail.pay(invoice, key=a_key(), saved=False)
    assert first.state == "needs_action"
    key, other = a_key(), rail.another_way
    mortal.dies("pay", "charge.page_closed", invoice=str(invoice.id), key=key, method=other.hands.method)
    rail.sweep()
    other.assert_paid_once(other.finish(other.pay(invoice, key=key)), "charge.page_closed")
    first.refresh_from_db()
    assert first.state == "canceled"
    report.append("charge.page_closed")


def test_taking_what_was_agreed(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """Killed before the provider was asked for the money: it is taken once all the same."""
    if Capability.TAKES not in rail.hands.gateway.capabilities:
        pytest.skip("it does not wait for us")
    for point in passed_by("take what was agreed"):
        payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
        rail.agrees(payment)
        rail.time_passes()
        mortal.dies("sweep", point)
        assert rail.charged(rail.key_of(payment)) == []
        rail.sweep()
        payment.refresh_from_db()
        if payment.state == "pending":
            rail.finish(payment)
        rail.assert_paid_once(payment, point)
        report.append(point)


def test_giving_up_a_page(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """Killed after it was closed here: the sweep hears what its payer had done, and nobody takes anything any more."""
    if Capability.TAKES not in rail.hands.gateway.capabilities:
        pytest.skip("it does not wait for us")
    for point in passed_by("give up a page"):
        payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
        old = payment.created_at - timedelta(days=8)
        Payment.objects.filter(organization=rail.organization, id=payment.id).update(created_at=old)
        rail.time_passes()
        mortal.dies("sweep", point)
        rail.agrees(payment)
        rail.sweep()
        payment.refresh_from_db()
        assert (payment.state, rail.charged(rail.key_of(payment))) == ("canceled", []), point
        report.append(point)


@pytest.mark.parametrize("rail", ["stripe", "gocardless"], indirect=True)
def test_charging_by_agreement(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """Whoever claimed the attempt is gone; another takes it up after a while, and the kept method is charged once."""
    shop = rail.organization
    agree_autopay(organization=shop, customer_id=rail.customer.id, actor=SYSTEM, note="Contract")
    for point in [*passed_by("charge by agreement"), "charge.asking", "charge.answered"]:
        invoice = rail.invoice()
        shop.clock_offset += timedelta(days=28)
        shop.save()
        plan_autopay(organization=shop)
        mine = AutopayCharge.objects.filter(organization=shop, invoice=invoice)
        mine.update(planned_on=clock.today(shop), told_at=clock.now(shop))
        mortal.dies("charge by agreement", point)
        mine.update(started_at=clock.now(None) - PATIENCE)
        charge_due(organization=shop)
        rail.sweep()
        charged = mine.get()
        assert charged.payment is not None, point
        rail.assert_paid_once(rail.finish(charged.payment), point)
        assert Payment.objects.filter(organization=shop, invoice=invoice).count() == 1, point
        report.append(point)
    # Back to the clock by which events are sealed in time.
    shop.clock_offset = timedelta()
    shop.save()


@pytest.mark.parametrize("rail", ["stripe", "paypal"], indirect=True)
def test_answering_a_dispute(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """Whoever sends it again under the same key hands it in once."""
    for point in passed_by("answer a dispute"):
        payment, key = rail.paid(), a_key()
        case = cast(Disputed, rail.hands).payer_disputes(rail.asked(payment, Status.SUCCEEDED))
        GatewayAccount.objects.filter(organization=rail.organization).update(history_due_at=None)
        assert ask_history(organization=rail.organization, gateway_account=rail.account)
        dispute = Dispute.objects.get(organization=rail.organization, payment=payment)
        mortal.dies("answer a dispute", point, dispute=str(dispute.id), key=key)
        for _time in range(2):
            made = answer_dispute(
                organization=rail.organization,
                dispute_id=dispute.id,
                text="It was delivered.",
                files=[Given("note.pdf", b"%PDF-1.7 delivered")],
                key=key,
                actor=SYSTEM,
            )
            assert made.state == "sent", point
        assert answers_to(rail, case) == 1, point
        report.append(point)


@pytest.mark.parametrize("rail", ["stripe", "gocardless"], indirect=True)
def test_forgetting_a_method(rail: Rail, mortal: Mortal, report: list[str]) -> None:
    """The job is tried again: the provider keeps it no longer, and that is told once."""
    kept = PaymentMethod.objects.get(organization=rail.organization, id=rail.card)
    fake = rail.hands.fake  # type: ignore[attr-defined]  # both have one
    if isinstance(fake, FakeStripe):
        fake.objects["pm_1"]["customer"] = "cus_1"
    remove_method(
        organization=rail.organization, customer_id=rail.customer.id, method_id=kept.id, actor=SYSTEM
    )
    for point in passed_by("forget"):
        mortal.dies("forget", point, method=str(kept.id))
        kept.refresh_from_db()
        assert kept.forgotten_at is None, point
        report.append(point)
    for _time in range(2):
        assert forget_method(organization=rail.organization, method_id=kept.id)
    told = Event.objects.filter(organization_id=rail.organization.id, kind="payment_method.forgotten")
    assert told.count() == 1
    if isinstance(fake, FakeStripe):
        assert fake.objects["pm_1"]["detached"]
    else:
        assert fake.shelves["mandates"][kept.token]["status"] == "cancelled"


def answers_to(rail: Rail, case: str) -> int:
    """How often the provider took an answer to it."""
    fake = rail.hands.fake  # type: ignore[attr-defined]  # both have one
    if isinstance(fake, FakeStripe):
        return int(fake.objects[case]["evidence_details"]["submission_count"])
    return len(fake.disputes[case]["evidences"])


def _deliver(rail: Rail, news: Caught) -> bool:
    return receive(
        organization=rail.organization, gateway_account=rail.account, headers=news.headers, body=news.body
    )


def _drain(rail: Rail) -> None:
    InboxEvent.objects.filter(organization=rail.organization).update(next_try_at=clock.now(None))
    while drain(organization=rail.organization, gateway_account=rail.account):
        continue
