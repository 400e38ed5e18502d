"""Fault 24: a machine's clock is an hour off, or jumps backward while the process runs.

The database's clock decides (decision 0010). In the controls it is not asked, and each time something goes wrong twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from uuid import UUID

import pytest
from django.db import connection
from uuid_utils.compat import uuid7

from allsquare.core import clock, ids
from allsquare.core.jobs import retry_stalled_jobs
from allsquare.core.models import Event
from allsquare.gateways import shared
from allsquare.gateways.sandbox import SandboxGateway
from allsquare.notifications.models import Mail
from allsquare.notifications.services import send as sending
from allsquare.payments.errors import DeliveryRefused
from allsquare.payments.gateway import ChargeRequest, Outcome
from allsquare.payments.models import Payment
from allsquare.payments.services.sweep import sweep
from tests.faults.shop import Shop
from tests.notifications.makers import follow_log
from tests.webhook_catcher import Caught, WebhookCatcher

pytestmark = pytest.mark.faults

HOUR = timedelta(hours=1)
SetClock = Callable[[timedelta], None]


def real(zone: tzinfo | None = UTC) -> datetime:
    return datetime.now(zone)  # noqa: TID251 - what the machine's clock would say, were it right


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetClock]:
    """The machine's clock shows that much more than the time, also to whoever makes ids."""
    off = timedelta()

    def skewed() -> UUID:
        return uuid7(nanoseconds=int((real() + off).timestamp() * 1000) * 10**6)

    class Skewed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain datetime does
            return real(tz) + off

    def to(skew: timedelta) -> None:
        nonlocal off
        off = skew

    monkeypatch.setattr(clock, "datetime", Skewed)
    monkeypatch.setattr(ids, "uuid7", skewed)
    yield to
    connection.close()  # the next one sets the clock again


@pytest.fixture
def unasked() -> Iterator[None]:
    """The control: nobody asked the database for the time."""
    clock.keep_time(None, 0)
    yield
    connection.close()


def test_the_databases_clock_decides(transactional_db: None, set_clock: SetClock) -> None:
    for skew in (HOUR, -HOUR, timedelta(days=400), timedelta(seconds=3), timedelta()):
        set_clock(skew)
        assert abs(clock.now(None) - real()) < clock.TOLERANCE
    clock.keep_time(None, 0)
    set_clock(HOUR)
    assert clock.now(None) - real() > HOUR - clock.TOLERANCE


def test_a_process_that_starts_with_a_wrong_clock_is_put_right(
    transactional_db: None, set_clock: SetClock, unasked: None
) -> None:
    set_clock(-HOUR)
    assert abs(clock.now(None) - real()) > clock.TOLERANCE
    connection.close()
    connection.ensure_connection()
    assert abs(clock.now(None) - real()) < clock.TOLERANCE


def test_ids_are_unique_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made in the same nanosecond again and again, as by a clock that jumps back to it."""
    at = 1_800_000_000_000_000_000
    made: set[UUID] = set()
    for jump in (0, 3_600 * 10**9, 0, -3_600 * 10**9, 0):
        monkeypatch.setattr(ids, "uuid7", partial(uuid7, nanoseconds=at + jump))
        made |= {ids.new_id() for _ in range(20_000)}
    assert len(made) == 100_000


def test_an_id_carries_the_time_of_the_database(transactional_db: None, set_clock: SetClock) -> None:
    """Stripe and GoCardless find what we asked for by the time in its key alone."""
    for skew in (HOUR, -HOUR, timedelta(days=400), timedelta()):
        set_clock(skew)
        time.sleep(2 * clock.FRESH)
        assert abs(made_at(ids.new_id()) - real()) < clock.TOLERANCE
    set_clock(HOUR)
    clock.keep_time(None, 0)
    assert made_at(ids.new_id()) - real() > HOUR - clock.TOLERANCE, "the control: nobody asked it"


def made_at(key: UUID) -> datetime:
    found = shared.made_at(key)
    assert found
    return found


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    """While the provider is charging, another process does something. Its request is still on its way."""
    start = SandboxGateway.start

    def slow(self: SandboxGateway, request: ChargeRequest) -> Outcome:
        do()
        return start(self, request)

    monkeypatch.setattr(SandboxGateway, "start", slow)


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_a_sweeper_off_by_an_hour_leaves_a_payment_alone_that_is_being_asked_for(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock, skew: timedelta
) -> None:
    asked: list[int] = []

    def sweep_elsewhere() -> None:
        set_clock(skew)
        asked.append(sweep(organization=shop.organization))
        set_clock(timedelta())

    meanwhile(monkeypatch, sweep_elsewhere)
    assert shop.pay(shop.invoice()).state == "succeeded"
    assert asked == [0]
    shop.assert_square()


def test_control_by_its_own_clock_it_gives_the_payment_up(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock, unasked: None
) -> None:
    """Its payer would be told that nothing was charged, in the moment in which it is."""
    seen: list[str] = []

    def sweep_elsewhere() -> None:
        set_clock(HOUR)
        sweep(organization=shop.organization)
        set_clock(timedelta())
        seen.append(Payment.objects.get(organization=shop.organization).state)

    meanwhile(monkeypatch, sweep_elsewhere)
    shop.pay(shop.invoice())
    assert seen == ["failed"]


def send_with_another_worker(shop: Shop, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock) -> int:
    """How often a mail is handed to the mail server when a worker an hour ahead comes by while it is being sent."""
    shop.pay(shop.invoice())
    follow_log()
    mail = Mail.objects.filter(organization=shop.organization).earliest("id")
    delivered: list[object] = []

    def deliver(message: object) -> None:
        delivered.append(message)
        if len(delivered) == 1:
            set_clock(HOUR)
            sending.send(organization=shop.organization, mail_id=mail.id)
            set_clock(timedelta())

    monkeypatch.setattr(sending, "deliver", deliver)
    sending.send(organization=shop.organization, mail_id=mail.id)
    assert Event.objects.filter(kind="mail.sent").count() == 1
    return len(delivered)


def test_a_mail_that_is_being_sent_is_not_taken_by_a_worker_an_hour_ahead(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock
) -> None:
    assert send_with_another_worker(shop, monkeypatch, set_clock) == 1


def test_control_by_its_own_clock_it_sends_the_mail_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock, unasked: None
) -> None:
    assert send_with_another_worker(shop, monkeypatch, set_clock) == 2


def paid_with_news(shop: Shop, catcher: WebhookCatcher) -> tuple[Payment, Caught]:
    shop.merchant.http.patch("/v1/account", json={"webhook_url": catcher.url}).raise_for_status()
    payment = shop.pay(shop.invoice(), by_card=False)
    shop.payer_pays(payment)
    return payment, catcher.wait(1)[-1]


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_true_news_is_believed_by_a_machine_that_is_off(
    shop: Shop, catcher: WebhookCatcher, set_clock: SetClock, skew: timedelta
) -> None:
    payment, news = paid_with_news(shop, catcher)
    set_clock(skew)
    assert shop.deliver(news)
    shop.drain()
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    shop.assert_square()


def test_control_by_its_own_clock_it_refuses_all_news_and_the_sweep_finds_the_money(
    shop: Shop, catcher: WebhookCatcher, set_clock: SetClock, unasked: None
) -> None:
    payment, news = paid_with_news(shop, catcher)
    set_clock(HOUR)
    with pytest.raises(DeliveryRefused):
        shop.deliver(news)
    shop.sweep()
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    shop.assert_square()


def test_a_clock_that_jumps_back_between_asking_and_the_answer(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock, unasked: None
) -> None:
    """Even unasked: what is due is late by the jump at most, and nothing is done twice."""
    set_clock(HOUR)
    meanwhile(monkeypatch, lambda: set_clock(timedelta()))
    payment = shop.pay(shop.invoice(), key="press")
    assert shop.pay(payment.invoice, key="press") == payment  # type: ignore[arg-type]  # it has one
    assert payment.state == "succeeded"
    shop.sweep()
    shop.assert_square()


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_jobs_of_a_living_worker_stay_its_own(db: None, set_clock: SetClock, skew: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id")
        cursor.execute(
            """INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)
               VALUES ('documents', 'billing.render_pdf', 'doing', %s)""",
            cursor.fetchone(),
        )
    set_clock(skew)
    assert retry_stalled_jobs() == 0
