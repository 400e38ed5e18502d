"""One simulation: everything that is due, in its order of time, until nothing is open; then it is counted."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.management import call_command
from django.db import connection

from allsquare.cli.database import database
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.sealer import seal
from allsquare.insights.proofs import PROOFS, run
from allsquare.payments.models import (
    Difference,
    Dispute,
    InboxEvent,
    Inquiry,
    Payment,
    Payout,
    Refund,
)
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.services.start_inquiry import start_inquiry
from allsquare.payments.states import OPEN, REFUND_OPEN, InboxState
from tests import factories
from tests.faults.simulated.plan import MISDEEDS, Visit, fate, pays_out, visits
from tests.faults.simulated.report import Report
from tests.faults.simulated.shop import Shop
from tests.faults.simulated.world import RESTART, World
from tests.faults.soak.books import differences
from tests.faults.soak.decisions import After
from tests.faults.soak.findings import doubled
from tests.faults.soak.our_books import our_books
from tests.faults.soak.provider import Provider
from tests.faults.soak.their_books import their_books
from tests.sandbox_process import SandboxAccount, SandboxProcess

#: The worker looks so long after something became due.
_ROUND: Final = timedelta(seconds=1)
#: After the last payer: debits clear, refunds come back, cases are decided.
_REST: Final = timedelta(days=12)
#: Meanwhile the provider is asked this much later than it is due what happened, so that it takes less of our time.
_CALM: Final = timedelta(hours=11)
#: Nobody works at the queue of jobs here, nor reads the event log.
_NOT_ASKED: Final = frozenset({"jobs_on_time", "log_is_read"})
#: A payer who sees no answer presses again after so long.
_AGAIN: Final = timedelta(seconds=40)
_DUE: Final = """
    SELECT (SELECT min(next_try_at) FROM inbox_event WHERE organization_id = %(org)s AND state = 'received'),
        (SELECT min(next_check_at) FROM payment WHERE organization_id = %(org)s),
        (SELECT min(next_check_at) FROM refund WHERE organization_id = %(org)s),
        (SELECT history_due_at FROM gateway_account WHERE organization_id = %(org)s AND id = %(account)s)
"""
_UNKNOWN: Final = ("started", "unknown")


def by_itself(home: Path, *, seed: int, days: int, a_day: int) -> Report:
    """With a database and a provider of its own."""
    with database():
        call_command("migrate", interactive=False, verbosity=0)
        sandbox = SandboxProcess(home / "sandbox.db")
        sandbox.start()
        try:
            return simulate(sandbox.account(), seed=seed, days=days, a_day=a_day)
        finally:
            sandbox.stop()


def simulate(
    merchant: SandboxAccount, *, seed: int, days: int, a_day: int, rest: timedelta = _REST
) -> Report:
    organization = factories.make_organization()
    account = add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label="Sandbox",
        settings=merchant.settings,
        actor=SYSTEM,
    )
    provider = Provider(merchant.base_url, merchant.api_key, pause=0.01)
    today = clock.now(None).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = today + timedelta(days=1)
    world = World(seed, provider, tomorrow)
    provider.set_clock(tomorrow)
    shop = Shop(organization, factories.make_customer(organization), account, merchant.webhook_secret, world)
    began = time.monotonic()
    with world.running():
        report = Days(shop, days, a_day).run(rest)
        report.seconds = time.monotonic() - began
    provider.close()
    return report


class Days:
    """The order of things."""

    def __init__(self, shop: Shop, days: int, a_day: int) -> None:
        self.shop, self.world, self.days = shop, shop.world, days
        self.provider = shop.world.provider
        self.plan = visits(shop.world.seed, days=days, a_day=a_day)
        self.report = Report(shop.world.seed, days)
        self.open: dict[UUID, datetime] = {}  # payments of which nobody knows what became of them, since when
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = self._told = 0
        self._last_event = ""
        self._worker_up = self.world.begin
        self._patience = timedelta(0)  # with the list of what happened

    def run(self, rest: timedelta) -> Report:
        self.provider.misbehave(self.world.seed, MISDEEDS)
        for day in range(self.days):
            mine = [visit for visit in self.plan if visit.at.days == day]
            self._at(self.world.begin + timedelta(days=day, hours=7), lambda mine=mine: self._open_shop(mine))  # type: ignore[misc]  # a bound default
            self._at(self.world.begin + timedelta(days=day, hours=23), lambda day=day: self._pay_out(day))  # type: ignore[misc]  # as above
        self._go_on(self.world.begin + timedelta(days=self.days))
        self.provider.behave()
        self._patience = _CALM
        self._go_on(self.world.now + rest)
        self._count_all()
        return self.report

    # -- time -------------------------------------------------------------------------------------------------

    def _at(self, moment: datetime, do: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (moment, self._count, do))

    def _in(self, wait: timedelta, do: Callable[[], None]) -> None:
        self._at(self.world.now + wait, do)

    def _go_on(self, end: datetime) -> None:
        """Until ``end``: what people do and the provider tells, and between it the rounds of the worker."""
        while True:
            due, rounds = self._due()
            coming = self._queue[0][0] if self._queue else end
            if min(coming, due) >= end:
                self.world.go_to(end)
                return
            if due <= coming:
                self.world.go_to(due)
                for each in rounds:
                    if not each():
                        self._worker_up = self.world.now + RESTART
                        break
                self._look_at_the_open()
            else:
                self.world.go_to(coming)
                heapq.heappop(self._queue)[2]()
            self._listen()

    def _due(self) -> tuple[datetime, list[Callable[[], bool]]]:
        """When the worker has work next, and which."""
        with connection.cursor() as cursor:
            cursor.execute(_DUE, {"org": self.shop.organization.id, "account": self.shop.account.id})
            inbox, payment, refund, history = cursor.fetchone()
        asked = [
            (inbox, self.shop.drain),
            (payment, self.shop.sweep),
            (refund, self.shop.sweep),
            (self._patience + (history or self.world.begin), self.shop.ask_history),
        ]
        times = [(at, work) for at, work in asked if at is not None]
        first = max(min(at for at, _work in times) + _ROUND, self._worker_up, self.world.now)
        return first, list(dict.fromkeys(work for at, work in times if at <= first))

    def _look_at_the_open(self) -> None:
        if not self.open:
            return
        states = Payment.objects.filter(organization=self.shop.organization, id__in=list(self.open))
        for payment, state in states.values_list("id", "state"):
            if state not in _UNKNOWN:
                self.report.resolved.append((self.world.now - self.open.pop(payment)).total_seconds())

    # -- people -------------------------------------------------------------------------------------------------

    def _open_shop(self, today: list[Visit]) -> None:
        self.shop.write_invoices(today)
        for visit in today:
            self._at(self.world.begin + visit.at, lambda visit=visit: self._press(visit, 1, visit.scenario))  # type: ignore[misc]  # a bound default

    def _press(self, visit: Visit, number: int, scenario: str, again: int = 0) -> None:
        key = f"visit-{visit.number}-{number}"
        lived = self.shop.press(visit, key, scenario)
        if lived and visit.presses_twice and not again:
            lived = self.shop.press(visit, key, scenario)
        payment = self.shop.payment(key)
        if payment is not None and payment.state in _UNKNOWN:
            self.open.setdefault(payment.id, self.world.now)
        if not lived and again < 5:
            self._in(_AGAIN, lambda: self._press(visit, number, scenario, again + 1))
            return
        if payment is None:
            return
        if payment.state == "needs_action" and scenario != "left":
            self._in(visit.typing, lambda: self._pays_there(visit, number, scenario))
        else:
            self._in(visit.after_delay, lambda: self._after(visit, key, 0))

    def _pays_there(self, visit: Visit, number: int, scenario: str) -> None:
        key = f"visit-{visit.number}-{number}"
        payment = self.shop.payment(key)
        assert payment is not None
        self.shop.pays_there(payment, "visa" if scenario == "saved" else scenario)
        if visit.comes_back:
            self._in(timedelta(seconds=2), lambda: self.shop.come_back(payment))
        if scenario == "declined":
            self._in(timedelta(minutes=2), lambda: self._press(visit, number + 1, "visa"))
        else:
            self._in(visit.after_delay, lambda: self._after(visit, key, 0))

    def _after(self, visit: Visit, key: str, tries: int) -> None:
        """What happens to money that came; looked for again while it has not."""
        payment = self.shop.payment(key)
        if payment is None or payment.state in ("declined", "failed", "canceled"):
            return
        if payment.state != "succeeded":
            if tries < 8:
                self._in(timedelta(days=1), lambda: self._after(visit, key, tries + 1))
            return
        charge, minor = str(payment.reference), payment.captured_minor
        if visit.after in (After.REFUND, After.RETURNED):
            self._give_back(visit, payment, minor, "whole", 0)
        elif visit.after is After.PART:
            self._give_back(visit, payment, max(1, minor // 3), "part", 0)
        elif visit.after is After.TWO_AT_ONCE:
            for name in ("one", "two"):
                self._give_back(visit, payment, max(1, minor * 6 // 10), name, 0)
        elif visit.after in (After.DISPUTE_WON, After.DISPUTE_LOST):
            self.world.reached.open_dispute(charge)
            won = visit.after is After.DISPUTE_WON
            self._in(visit.decided_after, lambda: self.world.reached.dispute(charge, won=won))
        if visit.after is After.RETURNED:
            self._in(visit.decided_after, lambda: self.world.reached.return_refund(charge))

    def _give_back(self, visit: Visit, payment: Payment, minor: int, name: str, again: int) -> None:
        if not self.shop.give_back(visit, payment, minor, name) and again < 5:
            self._in(_AGAIN, lambda: self._give_back(visit, payment, minor, name, again + 1))

    def _pay_out(self, day: int) -> None:
        pays, comes_back = pays_out(self.world.seed, day)
        if pays:
            self.world.reached.pay_out()
        if pays and comes_back:
            self._in(timedelta(days=1), lambda: self.world.reached.return_payout())

    # -- news ---------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """What the provider tells now, each piece with its fate."""
        if not self.world.has_news:
            return
        self.world.has_news = False
        for event in self.provider.events_after(self._last_event):
            self._last_event = event["id"]
            self._told += 1
            its = fate(self.world.seed, self._told)
            self.report.news_lost += not its.arrivals
            if its.forged:
                self._in(timedelta(0), lambda event=event: self.shop.deliver_forged(event))  # type: ignore[misc]  # a bound default
            for wait in its.arrivals:
                self._in(wait, lambda event=event: self._deliver(event, 0))  # type: ignore[misc]  # as above

    def _deliver(self, event: dict[str, Any], tries: int) -> None:
        if not self.shop.deliver(event) and tries < 9:
            self._in(timedelta(seconds=30), lambda: self._deliver(event, tries + 1))

    # -- counting -----------------------------------------------------------------------------------------------

    def _count_all(self) -> None:
        report, organization, account = self.report, self.shop.organization, self.shop.account
        mine = {"organization": organization}
        payments, refunds = Payment.objects.filter(**mine), Refund.objects.filter(**mine)
        news = InboxEvent.objects.filter(**mine)
        report.actions, report.deaths = self.world.actions, dict(self.world.deaths)
        report.payments = payments.count()
        report.refunds = refunds.count()
        report.disputes = Dispute.objects.filter(**mine).count()
        report.payouts = Payout.objects.filter(**mine).count()
        report.forged = self.shop.refused
        report.digest = self.world.digest
        report.resolved.sort()
        report.stuck = {
            "payments": payments.filter(state__in=OPEN).count(),
            "refunds": refunds.filter(state__in=REFUND_OPEN).count(),
            "inbox": news.exclude(state=InboxState.DONE).count(),
            "unknown": len(self.open),
        }
        told = self.shop.told
        report.lost = [
            *(f"payment {one}" for one in told.payments - set(payments.values_list("id", flat=True))),
            *(f"refund {one}" for one in told.refunds - set(refunds.values_list("id", flat=True))),
            *(f"news {one}" for one in told.news - set(news.values_list("external_id", flat=True))),
        ]
        report.doubled = doubled(organization, self.provider)
        seal()
        report.verify = [
            f"{result.proof.name}: {finding.subject}"
            for result in run([proof for proof in PROOFS if proof.name not in _NOT_ASKED])
            for finding in result.findings
        ]
        report.differences = differences(
            theirs=their_books(self.provider), ours=our_books(organization, account)
        )
        report.compared = self._compared()

    def _compared(self) -> list[str]:
        """As ``allsquare reconcile-gateway`` would find."""
        asked = start_inquiry(
            organization=self.shop.organization,
            account_id=self.shop.account.id,
            kind=Inquiry.Kind.COMPARE,
            begins_at=self.world.begin - timedelta(days=2),
            ends_at=self.world.now,
            actor=SYSTEM,
            queued=False,
        )
        done = run_inquiry(organization=self.shop.organization, inquiry_id=asked.id)
        rows = Difference.objects.filter(organization=self.shop.organization, inquiry=done)
        found = [f"{row.subject} {row.reference}: {row.kind}" for row in rows]
        return found if done.state == "done" else [*found, f"{done.state}: {done.error}"]
