"""What a lost webhook, a lost row or a wrong row leaves behind is found by comparing with the provider, at every one of
them, and mended through the door. Afterwards there is nothing left to find.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.payments.gateway import RefundRequest, Status
from allsquare.payments.models import (
    Difference,
    GatewayAccount,
    InboxEvent,
    Inquiry,
    Payment,
    PaymentAttempt,
    Payout,
)
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from allsquare.payments.services.resume_inquiry import resume_inquiry
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.services.start_inquiry import start_inquiry
from tests.contracts.benches import GoCardlessBench, PayPalBench, SandboxBench, StripeBench
from tests.fakes.gocardless_server import FakeGoCardless
from tests.fakes.stripe_server import FakeStripe
from tests.faults.rails import (
    Rail,
    gocardless_rail,
    paypal_rail,
    sandbox_rail,
    stripe_element_rail,
    stripe_rail,
    stripe_transfer_rail,
)
from tests.faults.shop import TOTAL
from tests.faults.works.hearing import forgotten, untold
from tests.payments.makers import a_key, eur
from tests.square import assert_all_square
from tests.webhook_catcher import WebhookCatcher

pytestmark = pytest.mark.faults

RAILS = {
    "stripe": stripe_rail,
    "stripe_transfer": stripe_transfer_rail,
    "stripe_element": stripe_element_rail,
    "gocardless": gocardless_rail,
    "paypal": paypal_rail,
}
#: The ways to pay at one provider differ in its charges alone.
EVERY_WAY = pytest.mark.parametrize("rail", ["sandbox", *RAILS], indirect=True)


@pytest.fixture(params=["sandbox", "stripe", "gocardless", "paypal"])
def rail(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[Rail]:
    if request.param == "sandbox":
        yield sandbox_rail(request.getfixturevalue("sandbox"))
    else:
        yield from RAILS[request.param]()


def compared(rail: Rail, *, mend: bool = False, days: int = 1) -> Inquiry:
    now = clock.now(None)
    asked = start_inquiry(
        organization=rail.organization,
        account_id=rail.account.id,
        kind=Inquiry.Kind.COMPARE,
        begins_at=now - timedelta(days=days),
        ends_at=now + timedelta(seconds=1),
        mend=mend,
        actor=SYSTEM,
        queued=False,
    )
    return run_inquiry(organization=rail.organization, inquiry_id=asked.id)


def found(inquiry: Inquiry) -> Counter[tuple[str, str]]:
    rows = Difference.objects.filter(organization=inquiry.organization, inquiry=inquiry)
    return Counter(rows.values_list("subject", "kind"))


def test_where_all_is_known_nothing_differs(rail: Rail) -> None:
    paid = rail.paid()
    rail.given(rail.refund(paid, key=a_key()))

    inquiry = compared(rail)

    assert (inquiry.state, inquiry.error) == ("done", "")
    assert found(inquiry) == Counter()
    assert inquiry.objects_seen == 2


@EVERY_WAY
def test_a_payment_nobody_told_us_of_is_found_and_mended(rail: Rail) -> None:
    payment = untold(rail)

    listed = compared(rail)
    payment.refresh_from_db()
    assert found(listed) == Counter({("charge", "state"): 1})
    assert (listed.mended, payment.state) == (0, "needs_action")

    mended = compared(rail, mend=True)
    assert (mended.found, mended.mended) == (1, 1)
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor) == ("succeeded", TOTAL)
    assert found(compared(rail)) == Counter()


def paid_out(rail: Rail) -> bool:
    """All that is there; one day no provider of these two says of a refund that it is, or was, in a payout."""
    fake = getattr(rail.hands, "fake", None)
    if not isinstance(fake, FakeStripe | FakeGoCardless):
        return False
    fake.pay_out()
    return True


def disputed(rail: Rail, payment: Payment) -> None:
    if isinstance(rail.hands, GoCardlessBench):
        rail.hands.fake.become(payment.reference or "", "charged_back", cause="refer_to_payer")
        return
    hands = cast(SandboxBench | StripeBench | PayPalBench, rail.hands)
    hands.payer_disputes(replace(rail.asked(payment), reference=payment.reference or ""))


def test_a_refund_a_case_and_a_payout_nobody_told_us_of_are_found_and_mended(rail: Rail) -> None:
    given, taken = rail.paid(), rail.paid()
    asked = RefundRequest(key=uuid4(), charge_reference=rail.charge_of(given), amount=eur(3_000))
    made = rail.hands.gateway.refund(asked)
    if made.status is Status.PENDING:
        rail.hands.banks_answer(made)
    disputed(rail, taken)
    untold_of = ["refund", "dispute", *(["payout"] if paid_out(rail) else [])]

    missing = Counter((subject, "missing_here") for subject in untold_of)
    assert found(compared(rail)) == missing
    mended = compared(rail, mend=True)

    assert (found(mended), mended.mended) == (missing, len(untold_of))
    for payment in (given, taken):
        payment.refresh_from_db()
    assert (given.refunded_minor, taken.disputed_minor) == (3_000, TOTAL)
    assert found(compared(rail)) == Counter()
    assert_all_square()


def test_a_refund_a_case_and_a_payout_nobody_told_us_of_are_found_within_the_hour(rail: Rail) -> None:
    """Fault 8: by the question that is asked each hour."""
    given, taken = rail.paid(), rail.paid()
    asked = RefundRequest(key=uuid4(), charge_reference=rail.charge_of(given), amount=eur(3_000))
    made = rail.hands.gateway.refund(asked)
    if made.status is Status.PENDING:
        rail.hands.banks_answer(made)
    disputed(rail, taken)
    sent = paid_out(rail)

    for _time in range(2):
        GatewayAccount.objects.filter(id=rail.account.id).update(history_due_at=None)
        assert ask_history(organization=rail.organization, gateway_account=rail.account)

    for payment in (given, taken):
        payment.refresh_from_db()
    assert (given.refunded_minor, taken.disputed_minor) == (3_000, TOTAL)
    assert Payout.objects.filter(organization=rail.organization).count() == sent
    assert found(compared(rail)) == Counter()
    assert_all_square()


@pytest.mark.parametrize("mend", [False, True])
def test_comparing_moves_no_money_at_the_provider(transactional_db: None, mend: bool) -> None:
    """A mandate is there and nothing was collected yet: the sweep does that, not whoever asks."""
    for rail in gocardless_rail():
        payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
        fake = cast(FakeGoCardless, rail.hands.fake)  # type: ignore[attr-defined]  # it has one
        fake.give_mandate(str(payment.reference))

        assert compared(rail, mend=mend).state == "done"

        assert rail.charged(rail.key_of(payment)) == []
        rail.sweep()
        assert rail.charged(rail.key_of(payment)) == [TOTAL]


@EVERY_WAY
def test_a_payment_that_is_not_here_any_more_is_made_anew_with_its_refund(rail: Rail) -> None:
    payment = untold(rail)
    invoice = payment.invoice
    assert invoice is not None
    asked = RefundRequest(key=uuid4(), charge_reference=rail.charge_of(payment), amount=eur(3_000))
    given = rail.hands.gateway.refund(asked)
    if given.status is Status.PENDING:
        rail.hands.banks_answer(given)
    forgotten(payment)

    assert found(compared(rail)) == Counter({("charge", "missing_here"): 1})
    mended = compared(rail, mend=True)

    assert found(mended) == Counter({("charge", "missing_here"): 1, ("refund", "missing_here"): 1})
    assert mended.mended == 2
    invoice.refresh_from_db()
    assert invoice.paid_minor == 7_000
    assert found(compared(rail)) == Counter()
    assert_all_square()


def test_what_is_wrong_here_is_listed_and_what_the_door_does_not_take_stays_for_a_person(rail: Rail) -> None:
    """An amount and a fee that somebody changed in the database: facts are not edited, so it is not mended."""
    payment = rail.paid()
    Payment.objects.filter(id=payment.id).update(captured_minor=TOTAL + 1, fee_minor=payment.fee_minor + 5)

    inquiry = compared(rail, mend=True)

    assert found(inquiry) == Counter({("charge", "amount"): 1, ("charge", "fee"): 1})
    assert inquiry.mended == 0
    (amount, fee) = Difference.objects.filter(inquiry=inquiry).order_by("kind")
    assert (amount.ours["amount_minor"], amount.theirs["amount_minor"]) == (TOTAL + 1, TOTAL)
    assert fee.payment_id == payment.id


def test_what_the_provider_does_not_know_is_listed(rail: Rail) -> None:
    known, strange = rail.paid(), rail.paid()
    Payment.objects.filter(id=strange.id).update(reference="of_nobody")
    PaymentAttempt.objects.filter(payment=strange).update(payment=known, number=9)

    inquiry = compared(rail, mend=True)

    (difference,) = Difference.objects.filter(inquiry=inquiry, kind="missing_there")
    assert (difference.reference, difference.payment_id) == ("of_nobody", strange.id)
    assert (difference.theirs, difference.mended) == ({}, False)


def test_a_provider_that_is_away_ends_it_with_the_reason_and_it_goes_on_later(rail: Rail) -> None:
    payment = untold(rail)
    settings = rail.account.settings
    away = {**json.loads(settings), "base_url": "http://127.0.0.1:1"}
    GatewayAccount.objects.filter(id=rail.account.id).update(settings=json.dumps(away))
    inquiry = compared(rail, mend=True)
    assert inquiry.state == "failed"
    assert inquiry.error

    GatewayAccount.objects.filter(id=rail.account.id).update(settings=settings)
    resume_inquiry(organization=rail.organization, inquiry_id=inquiry.id, actor=SYSTEM)
    inquiry = run_inquiry(organization=rail.organization, inquiry_id=inquiry.id)

    payment.refresh_from_db()
    assert (inquiry.state, inquiry.mended, payment.state) == ("done", 1, "succeeded")


def test_news_that_was_lost_comes_once_more(rail: Rail, catcher: WebhookCatcher) -> None:
    """Half of it arrived. What is asked for holds both; what was here changes nothing."""
    rail.hands.send_news_to(catcher.url)
    payment = untold(rail)
    told = catcher.wait(rail.hands.traits.deliveries)
    receive(
        organization=rail.organization,
        gateway_account=rail.account,
        headers=told[0].headers,
        body=told[0].body,
    )
    now = clock.now(None)
    asked = start_inquiry(
        organization=rail.organization,
        account_id=rail.account.id,
        kind=Inquiry.Kind.REPLAY,
        begins_at=now - timedelta(hours=2),
        ends_at=now + timedelta(seconds=1),
        actor=SYSTEM,
        queued=False,
    )
    time.sleep(1)
    inquiry = run_inquiry(organization=rail.organization, inquiry_id=asked.id)
    again = run_inquiry(organization=rail.organization, inquiry_id=asked.id)

    news = InboxEvent.objects.filter(organization=rail.organization)
    assert (inquiry.state, inquiry.found) == ("done", news.count() - 1)
    assert inquiry.objects_seen == again.objects_seen == news.count()
    while drain(organization=rail.organization, gateway_account=rail.account):
        continue
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert not news.exclude(state="done").exists()
