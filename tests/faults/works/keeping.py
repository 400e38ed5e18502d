"""Methods that are kept: charged by agreement, and forgotten, and whoever does it dies."""

from __future__ import annotations

from datetime import timedelta

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.payments.models import AutopayCharge, Payment, PaymentMethod
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.charge_autopay import PATIENCE, charge_due
from allsquare.payments.services.forget_method import forget_method
from allsquare.payments.services.plan_autopay import plan_autopay
from allsquare.payments.services.remove_method import remove_method
from tests.fakes.gocardless_server import FakeGoCardless
from tests.fakes.stripe_server import FakeStripe
from tests.faults.rails import Rail
from tests.faults.works.scene import Scene, Try

At = Scene[Rail]


def charge_by_agreement(scene: At) -> None:
    """Whoever claimed the attempt is gone; another takes it up after a while, and the kept method is charged once."""
    rail = scene.rail
    shop = rail.organization
    agree_autopay(organization=shop, customer_id=rail.customer.id, actor=SYSTEM, note="Contract")
    tries = [Try(step, rail.invoice()) for step in scene]
    shop.clock_offset += timedelta(days=28)
    shop.save()
    plan_autopay(organization=shop)
    today = clock.today(shop)
    planned = AutopayCharge.objects.filter(organization=shop)
    planned.update(planned_on=today + timedelta(days=1), told_at=clock.now(shop))
    for each in tries:
        assert planned.filter(invoice=each.of).update(planned_on=today) == 1
        scene.dies("charge by agreement", each.step)
    planned.update(started_at=clock.now(None) - PATIENCE)
    charge_due(organization=shop)
    rail.sweep()
    charged = [planned.select_related("payment").get(invoice=each.of) for each in tries]
    payments = [one.payment for one in charged if one.payment is not None]
    for each, payment in zip(tries, rail.finish_all(payments), strict=True):
        rail.assert_paid_once(payment, each.step)
        assert Payment.objects.filter(organization=shop, invoice=each.of).count() == 1, each.step
    # Back to the clock by which events are sealed in time.
    shop.clock_offset = timedelta()
    shop.save()


def forget(scene: At) -> None:
    """The job is tried again: the provider keeps it no longer, and that is told once."""
    rail = scene.rail
    kept = PaymentMethod.objects.get(organization=rail.organization, id=rail.card)
    fake = getattr(rail.hands, "fake", None)
    if isinstance(fake, FakeStripe):
        fake.objects["pm_1"]["customer"] = "cus_1"
    remove_method(
        organization=rail.organization, customer_id=rail.customer.id, method_id=kept.id, actor=SYSTEM
    )
    for step in scene:
        scene.dies("forget", step, method=str(kept.id))
        kept.refresh_from_db()
        assert (kept.forgotten_at is None) is (step in scene.steps), step
    for _time in range(2):
        forget_method(organization=rail.organization, method_id=kept.id)
    told = Event.objects.filter(organization_id=rail.organization.id, kind="payment_method.forgotten")
    assert told.count() == 1
    if isinstance(fake, FakeStripe):
        assert fake.objects["pm_1"]["detached"]
    elif isinstance(fake, FakeGoCardless):
        assert fake.shelves["mandates"][kept.token]["status"] == "cancelled"
