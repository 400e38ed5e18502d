"""What happened at the provider is heard of, by news or by asking, and whoever hears it dies: it counts once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from allsquare.core import clock, restoration
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Restoration
from allsquare.payments.models import GatewayAccount, InboxEvent, Inquiry, Payment, PaymentAttempt
from allsquare.payments.services.ask_history import OVERLAP, ask_history
from allsquare.payments.services.drain import drain
from allsquare.payments.services.receive import receive
from allsquare.payments.services.recover import MARGIN, recover
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.services.start_inquiry import start_inquiry
from tests.faults.rails import Rail
from tests.faults.works.scene import Scene
from tests.payments.makers import a_key
from tests.webhook_catcher import Caught

At = Scene[Rail]
#: Real providers count in whole seconds, some of them.
TICK = timedelta(seconds=1)


def webhook(scene: At) -> None:
    """No answer came, so the provider delivers again."""
    rail = scene.rail
    rail.hands.send_news_to(scene.catcher.url)
    for step in scene:
        heard = len(scene.catcher.caught)
        payment = untold(rail)
        news = _told(scene, payment, heard)
        scene.dies("webhook", step, headers=news.headers, body=news.body.decode())
        is_new = receive(
            organization=rail.organization, gateway_account=rail.account, headers=news.headers, body=news.body
        )
        assert is_new is (step == "inbox.written"), step
        drained(rail)
        payment.refresh_from_db()
        rail.assert_paid_once(payment, step)


def replay(scene: At) -> None:
    """News that was lost is asked for once more, and whoever asks dies: all of it is here, and each piece once."""
    rail = scene.rail
    for step in scene:
        begun = clock.now(None) - _tick(rail)
        payment = untold(rail)
        inquiry = _asked(rail, Inquiry.Kind.REPLAY, begun)
        scene.dies("inquire", step, inquiry=str(inquiry.id))
        inquiry = run_inquiry(organization=rail.organization, inquiry_id=inquiry.id)
        assert inquiry.state == "done", step
        drained(rail)
        payment.refresh_from_db()
        rail.assert_paid_once(payment, step)
        unread = InboxEvent.objects.filter(organization=rail.organization).exclude(state="done")
        assert list(unread.values_list("kind", "state", "error")) == [], step


def compare(scene: At) -> None:
    """Whoever takes over after a kill mends it once."""
    rail = scene.rail
    for step in scene:
        begun = clock.now(None) - _tick(rail)
        payment = untold(rail)
        inquiry = _asked(rail, Inquiry.Kind.COMPARE, begun)
        scene.dies("inquire", step, inquiry=str(inquiry.id))
        inquiry = run_inquiry(organization=rail.organization, inquiry_id=inquiry.id)
        payment.refresh_from_db()
        assert inquiry.state == "done", step
        assert inquiry.found == inquiry.mended <= 1, step
        rail.assert_paid_once(payment, step)


def ask(scene: At) -> None:
    """The hourly question: what only a webhook tells is found by it, also by whoever asks after a kill."""
    rail = scene.rail
    for step in scene:
        payment = untold(rail)
        _account(rail).update(history_due_at=None, history_until=clock.now(None) + OVERLAP - TICK)
        scene.dies("ask what happened", step)
        _account(rail).update(history_due_at=None)
        assert ask_history(organization=rail.organization, gateway_account=_account(rail).get()), step
        payment.refresh_from_db()
        rail.assert_paid_once(payment, step)


def recover_after_restore(scene: At) -> None:
    """The backup does not know the payment: it is made anew, once, and until then nobody is charged."""
    rail = scene.rail
    for step in scene:
        taken_at = clock.now(None)
        payment = untold(rail)
        attempt = rail.key_of(payment)
        forgotten(payment)
        restoration.begin(taken_at=taken_at)
        _account(rail).update(unknown_since=taken_at + MARGIN - _tick(rail))
        scene.dies("ask after a restore", step)
        held = _account(rail).filter(unknown_since__isnull=False)
        assert held.exists() is (step in scene.steps), step
        assert recover(organization=rail.organization, gateway_account=_account(rail).get()), step
        restoration.end()
        made = PaymentAttempt.objects.get(organization=rail.organization, id=attempt).payment
        rail.assert_paid_once(made, step)
    Restoration.objects.all().delete()


def _tick(rail: Rail) -> timedelta:
    """By so much its clock may be behind. The sandbox counts exactly, and has been here for other tests, one of which
    may have ended just now."""
    return timedelta(0) if rail.account.gateway == "sandbox" else TICK


def untold(rail: Rail) -> Payment:
    """The payer paid at the provider, and we heard nothing of it."""
    payment = rail.pay(rail.invoice(), key=a_key(), saved=False)
    rail.hands.payer_pays(rail.asked(payment))
    return payment


def drained(rail: Rail) -> None:
    InboxEvent.objects.filter(organization=rail.organization).update(next_try_at=clock.now(None))
    while drain(organization=rail.organization, gateway_account=rail.account):
        continue


def _told(scene: At, payment: Payment, heard: int) -> Caught:
    """The delivery that says that it was paid. The sandbox tells of its page too, sooner or later."""
    if payment.gateway != "sandbox":
        return scene.catcher.wait(heard + scene.rail.hands.traits.deliveries)[-1]
    for count in range(heard + 1, heard + 10):
        news = scene.catcher.wait(count)[-1]
        if news.event["type"] == "charge.succeeded" and news.event["data"]["id"] == payment.reference:
            return news
    raise AssertionError("the provider did not tell")


def _asked(rail: Rail, kind: Inquiry.Kind, begun: datetime) -> Inquiry:
    return start_inquiry(
        organization=rail.organization,
        account_id=rail.account.id,
        kind=kind,
        begins_at=begun,
        ends_at=clock.now(None) + TICK,
        mend=kind == Inquiry.Kind.COMPARE,
        actor=SYSTEM,
        queued=False,
    )


def _account(rail: Rail) -> QuerySet[GatewayAccount]:
    return GatewayAccount.objects.filter(organization=rail.organization, id=rail.account.id)


def forgotten(payment: Payment) -> None:
    """No row of it is left, as where an old backup was restored."""
    PaymentAttempt.objects.filter(organization=payment.organization, payment=payment).delete()
    Payment.objects.filter(organization=payment.organization, id=payment.id).delete()
