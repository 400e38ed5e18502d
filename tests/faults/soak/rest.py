"""Coming to rest: nobody works any more, nothing misbehaves, and the days pass that everything open may take.

The rehearsal's clock and that of the provider are moved by the console's own button. The plan of sweeps and the pauses
of mails run by the machine's clock, which nobody can move: what they put off for later is made due instead, again and
again, and everything else is left to the worker.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

from django.db import OperationalError, close_old_connections, connection

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.payments.models import GatewayAccount, InboxEvent, Payment, Refund
from tests.faults.soak.findings import stuck
from tests.faults.soak.provider import Provider
from tests.faults.soak.surfer import Surfer

#: Longer than any debit takes, any payment page stays open, and any refund needs to fail.
WEEKS: Final = 1
#: Without a sign of life for this long a worker is dead: it gives one every ten seconds.
SILENCE: Final = timedelta(seconds=15)
#: News that no question about one payment brings: without its webhook it is found in the provider's list.
_ONLY_TOLD: Final = ("dispute.", "payout.", "refund.")


def let_time_pass(surfer: Surfer, base_url: str) -> None:
    """A week, for us and for the provider."""
    for _ in range(WEEKS):
        page = surfer.open(f"{base_url}/")
        surfer.submit(page, to="/rehearsal/clock/", stride="week")


def never_told(provider: Provider) -> int:
    """How much news the provider dropped on order or gave up, of the kinds that nobody asks for one by one."""
    undelivered: dict[str, bool] = {}
    for delivery in provider.every("/v1/deliveries"):
        if delivery["flavour"] in ("true", "duplicate", "resent"):
            is_there = delivery["state"] in ("delivered", "waiting")
            undelivered[delivery["event"]] = undelivered.get(delivery["event"], True) and not is_there
    return sum(
        undelivered.get(event["id"], False) and event["type"].startswith(_ONLY_TOLD)
        for event in provider.every("/v1/events")
    )


def wait_for_history(organization: Organization, account: GatewayAccount, *, seconds: float) -> int:
    """The worker's hour is over: it asks the provider what happened. Returns 1 when it did not within ``seconds``."""
    began, deadline = clock.now(None), time.monotonic() + seconds
    mine = GatewayAccount.objects.filter(organization=organization, id=account.id)
    while time.monotonic() < deadline:
        with suppress(OperationalError):  # the last kill may have been the database's
            close_old_connections()
            if mine.filter(history_until__gte=began).exists():
                return 0
            mine.filter(history_due_at__gt=began + timedelta(minutes=5)).update(history_due_at=began)
        time.sleep(0.5)
    return 1


def wait_for_deliveries(provider: Provider, *, seconds: float) -> int:
    """Until nothing is on its way; how many deliveries still are."""
    deadline = time.monotonic() + seconds
    while True:
        waiting = len(provider.every("/v1/deliveries", state="waiting"))
        if not waiting or time.monotonic() > deadline:
            return waiting
        time.sleep(0.3)


def until_nothing_is_open(organization: Organization, *, seconds: float) -> dict[str, int]:
    """What is still open after the worker had ``seconds`` for what was put off."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            close_old_connections()
            _make_due(organization)
            left = stuck(organization)
        except OperationalError:  # the last kill may have been the database's
            left = {"database": 1}
        if not any(left.values()) or time.monotonic() > deadline:
            return left
        time.sleep(0.5)


def _make_due(organization: Organization) -> None:
    now = clock.now(None)
    mine = {"organization": organization}
    # Not what is due already: moving it under the worker's hands would take its claim away.
    Payment.objects.filter(**mine, next_check_at__gt=now).update(next_check_at=now)
    Refund.objects.filter(**mine, next_check_at__gt=now).update(next_check_at=now)
    InboxEvent.objects.filter(**mine, state="received", next_try_at__gt=now).update(next_try_at=now)
    Mail.objects.filter(**mine, state="queued", next_try_at__gt=now).update(next_try_at=now)
    _forget_the_dead(organization)


def _forget_the_dead(organization: Organization) -> None:
    """Workers that were killed are taken for dead at once, and what they held is free: jobs, mails being sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'"
            " WHERE last_heartbeat < %s",
            [clock.now(None) - SILENCE],
        )
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
        (doing,) = cursor.fetchone()
    if not doing:  # nobody is sending: whoever began is dead
        now = clock.now(None)
        Mail.objects.filter(organization=organization, state="sending", next_try_at__gt=now).update(
            next_try_at=now
        )
