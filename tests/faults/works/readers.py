"""Cards that are held to readers in the shop, and whoever woke one up, or hears what it read, dies."""

from __future__ import annotations

from typing import Any, cast

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.gateway_abilities import InPersonGateway
from allsquare.payments.models import Consent, Payment, PaymentAttempt, PaymentMethod, Tip
from allsquare.payments.services.check_payment import WAKING
from allsquare.payments.services.receive import receive
from allsquare.payments.services.take_card import take_card
from allsquare.payments.tips import tip_minor
from tests.contracts.test_in_person import Shop as Counter
from tests.faults.dying import NOWHERE
from tests.faults.rails import Rail
from tests.faults.shop import TOTAL
from tests.faults.works.hearing import drained
from tests.faults.works.paying import BEFORE_COMMIT
from tests.faults.works.scene import Scene, by_key
from tests.payments.makers import a_key
from tests.selling.makers import read_news

At = Scene[Rail]
GIVEN = 150
#: From here on the reader is awake.
AWAKE = ("charge.answered", "settle.", NOWHERE)


def wake(scene: At) -> None:
    """Plainly."""
    _wake(scene, more=False)


def wake_for_more(scene: At) -> None:
    """It asks for a tip, and the card is kept."""
    _wake(scene, more=True)


def _wake(scene: At, *, more: bool) -> None:
    """Where the reader was woken up, whoever stands there pays once; where it was not, it is not woken up late, and
    nothing can be charged any more. In between stands what is made at the provider before it wakes its reader up."""
    rail = scene.rail
    for step in scene:
        invoice, key, reader = rail.invoice(), a_key(), counter(rail).add_reader()
        facts = {"invoice": str(invoice.id), "key": key, "reader": reader, "more": more}
        scene.dies("take at a reader", step, **facts)
        late = clock.now(rail.organization) - WAKING
        PaymentAttempt.objects.filter(organization=rail.organization, payment__key=key).update(
            started_at=late
        )
        rail.sweep()
        if step.startswith(AWAKE):
            payment = by_key(rail, key)
        else:
            left = Payment.objects.filter(organization=rail.organization, key=key)
            states = set(left.values_list("state", flat=True))
            assert states <= {"failed", "canceled", "declined"}, step
            assert bool(states) is (step not in BEFORE_COMMIT), step
            assert not is_busy(rail, reader), step
            payment = woken(rail, invoice, reader, more=more)
        assert is_busy(rail, reader), step
        tap(rail, reader, more=more)
        rail.sweep()
        assert_paid_once(rail, payment, more, step)
        for other in Payment.objects.filter(organization=rail.organization, invoice=invoice):
            assert other.id == payment.id or (other.captured_minor, kept_with(rail, other)) == (0, 0), step


def hear(scene: At) -> None:
    """Killed while the card that was read becomes a payment and a saved method; then all of its news comes, each twice:
    one of each is there."""
    rail = scene.rail
    rail.hands.send_news_to(scene.catcher.url)
    for step in scene:
        reader = counter(rail).add_reader()
        payment = woken(rail, rail.invoice(), reader, more=True)
        heard = len(scene.catcher.caught)
        tap(rail, reader, more=True)
        rail.only_due(payment)
        scene.dies("sweep", step)
        rail.sweep()
        for each in scene.catcher.wait(heard + 1)[heard:] * 2:
            receive(
                organization=rail.organization,
                gateway_account=rail.account,
                headers=each.headers,
                body=each.body,
            )
            drained(rail)
        assert_paid_once(rail, payment, True, step)


def read_log(scene: At) -> None:
    """Killed while the tip that was given becomes an invoice: one is there."""
    rail = scene.rail
    for step in scene:
        reader = counter(rail).add_reader()
        payment = woken(rail, rail.invoice(), reader, more=True)
        tap(rail, reader, more=True)
        rail.sweep()
        scene.dies("read the log", step)
        assert_paid_once(rail, payment, True, step)


def counter(rail: Rail) -> Counter:
    return cast(Counter, rail.hands)


def woken(rail: Rail, invoice: Any, reader: str, *, more: bool) -> Payment:
    return take_card(
        organization=rail.organization,
        invoice_id=invoice.id,
        amount=Money(TOTAL, currency("EUR")),
        gateway_account_id=rail.account.id,
        reader=reader,
        key=a_key(),
        actor=SYSTEM,
        tips=more,
        keep=more,
    )


def tap(rail: Rail, reader: str, *, more: bool) -> None:
    if more:
        counter(rail).tap_with_tip(reader, GIVEN)
    else:
        counter(rail).tap(reader)


def is_busy(rail: Rail, reader: str) -> bool:
    listed = cast(InPersonGateway, rail.hands.gateway).readers()
    return next(each for each in listed if each.reference == reader).is_busy


def kept_with(rail: Rail, payment: Payment) -> int:
    return PaymentMethod.objects.filter(organization=rail.organization, saved_by=payment.id).count()


def assert_paid_once(rail: Rail, payment: Payment, more: bool, step: str) -> None:
    payment.refresh_from_db()
    assert payment.invoice is not None
    payment.invoice.refresh_from_db()
    assert (payment.state, payment.invoice.paid_minor) == ("succeeded", TOTAL), step
    assert payment.captured_minor == TOTAL + GIVEN * more, step
    assert tip_minor(rail.organization, payment) == GIVEN * more, step
    for _time in range(2):
        read_news(rail.organization)
    tips = Tip.objects.filter(organization=rail.organization, payment=payment)
    assert [each.invoice.paid_minor for each in tips] == [GIVEN] * more, step
    assert kept_with(rail, payment) == more, step
    assert Consent.objects.filter(organization=rail.organization, payment=payment).count() == more, step
