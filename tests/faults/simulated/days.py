"""One simulation: everything that is due, in its order of time, until nothing is open; then it is counted."""

from __future__ import annotations

import heapq
import socket
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
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests import factories
from tests.faults.simulated.counting import count
from tests.faults.simulated.plan import MISDEEDS, Visit, fate, outage, pays_out, visits
from tests.faults.simulated.report import Report
from tests.faults.simulated.shop import Shop, Till
from tests.faults.simulated.world import RESTART, World
from tests.faults.soak.decisions import After
from tests.faults.soak.provider import Provider
from tests.log import payouts_are_looked_at
from tests.sandbox_process import SandboxAccount, SandboxProcess

#: The worker looks so long after something became due.
_ROUND: Final = timedelta(seconds=1)
#: After the last payer: debits clear, refunds come back, cases are decided.
_REST: Final = timedelta(days=12)
#: Meanwhile the provider is asked this much later than it is due what happened, so that it takes less of our time.
_CALM: Final = timedelta(hours=11)
#: A payer who sees no answer presses again after so long.
_AGAIN: Final = timedelta(seconds=40)
_DUE: Final = """
    SELECT (SELECT min(next_try_at) FROM inbox_event WHERE organization_id = %(org)s AND state = 'received'),
        (SELECT min(next_check_at) FROM payment WHERE organization_id = %(org)s),
        (SELECT min(next_check_at) FROM refund WHERE organization_id = %(org)s),
        (SELECT min(coalesce(history_due_at, %(begin)s)) FROM gateway_account
            WHERE organization_id = %(org)s AND id = ANY(%(accounts)s)),
        (SELECT min(at) FROM event WHERE organization_id = %(org)s AND id > %(read)s
            AND kind = 'payment.succeeded' AND data ? 'tip_minor')
"""
_UNKNOWN: Final = ("started", "unknown")
#: From this number on, presses of whoever pays the first of several invoices alone.
_RIVAL: Final = 100


def by_itself(home: Path, *, seed: int, days: int, a_day: int) -> Report:
    """With a database and a provider of its own."""
    with database():
        call_command("migrate", interactive=False, verbosity=0)
        sandbox = SandboxProcess(home / "sandbox.db")
        sandbox.start()
        try:
            return simulate((sandbox.account(), sandbox.account()), seed=seed, days=days, a_day=a_day)
        finally:
            sandbox.stop()


def simulate(
    merchants: tuple[SandboxAccount, SandboxAccount],
    *,
    seed: int,
    days: int,
    a_day: int,
    rest: timedelta = _REST,
) -> Report:
    """``merchants`` are the accounts at the usual provider, and at the one that stands in for it."""
    organization = factories.make_organization()
    first, second = merchants
    tills = (_till(organization, first, "Usual"), _till(organization, second, "Stands in"))
    today = clock.now(None).replace(hour=0, minute=0, second=0, microsecond=0)
    world = World(seed, [till.provider for till in tills], today + timedelta(days=1))
    with socket.socket() as taken:  # nobody listens there, and nobody else comes to
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        shop = Shop(organization, factories.make_customer(organization), tills, world, nowhere)
        for till in tills:
            till.provider.set_clock(world.begin)
        began = time.monotonic()
        with world.running():
            report = Days(shop, days, a_day).run(rest)
            report.seconds = time.monotonic() - began
    for till in tills:
        till.provider.close()
    return report


def _till(organization: Organization, merchant: SandboxAccount, label: str) -> Till:
    account = add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label=label,
        settings=merchant.settings,
        actor=SYSTEM,
    )
    return Till(account, merchant.webhook_secret, Provider(merchant.base_url, merchant.api_key, pause=0.01))


class Days:
    """The order of things."""

    def __init__(self, shop: Shop, days: int, a_day: int) -> None:
        self.shop, self.world, self.days = shop, shop.world, days
        self.plan = visits(shop.world.seed, days=days, a_day=a_day)
        self.report = Report(shop.world.seed, days)
        self.open: dict[UUID, datetime] = {}  # payments of which nobody knows what became of them, since when
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = self._told = 0
        self._last_event = {till.account.id: "" for till in shop.tills}
        self._cut: list[
            tuple[datetime, datetime]
        ] = []  # from when until when the first provider was out of reach
        self._worker_up = self.world.begin
        self._patience = timedelta(0)  # with the list of what happened

    def run(self, rest: timedelta) -> Report:
        for till in self.shop.tills:
            till.provider.misbehave(self.world.seed, MISDEEDS)
        for day in range(self.days):
            mine = [visit for visit in self.plan if visit.at.days == day]
            self._at(self.world.begin + timedelta(days=day, hours=7), lambda mine=mine: self._open_shop(mine))  # type: ignore[misc]  # a bound default
            self._at(self.world.begin + timedelta(days=day, hours=23), lambda day=day: self._pay_out(day))  # type: ignore[misc]  # as above
            self._plan_outage(day)
        self._go_on(self.world.begin + timedelta(days=self.days))
        for till in self.shop.tills:
            till.provider.behave()
        self._patience = _CALM
        self._go_on(self.world.now + rest)
        count(self.report, self.shop, unknown=len(self.open))
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
            accounts = [till.account.id for till in self.shop.tills]
            mine: dict[str, Any] = {
                "org": self.shop.organization.id,
                "accounts": accounts,
                "read": self.shop.read_until,
            }
            cursor.execute(_DUE, {**mine, "begin": self.world.begin})
            inbox, payment, refund, history, tip = cursor.fetchone()
        due = [
            (inbox, self.shop.drain),
            (payment, self.shop.sweep),
            (refund, self.shop.sweep),
            (self._patience + history, self.shop.ask_history),
            (tip, self.shop.read_log),
        ]
        times = [(at, work) for at, work in due if at is not None]
        first = max(min(at for at, _work in times) + _ROUND, self._worker_up, self.world.now)
        return first, list(dict.fromkeys(work for at, work in times if at <= first))

    def _look_at_the_open(self) -> None:
        if not self.open:
            return
        states = Payment.objects.filter(organization=self.shop.organization, id__in=list(self.open))
        for payment, state in states.values_list("id", "state"):
            if state not in _UNKNOWN:
                self._resolved(self.open.pop(payment))

    def _resolved(self, since: datetime) -> None:
        """While a provider cannot be reached, nobody can say what became of a payment there."""
        ends = [end for begin, end in self._cut if begin < self.world.now and since < end]
        if ends:
            self.report.resolved_later.append(max(0.0, (self.world.now - max(ends)).total_seconds()))
        else:
            self.report.resolved.append((self.world.now - since).total_seconds())

    def _plan_outage(self, day: int) -> None:
        when = outage(self.world.seed, day)
        if when is not None:
            begin, end = (self.world.begin + timedelta(days=day) + each for each in when)
            self._cut.append((begin, end))
            self._at(begin, lambda: self.shop.cut_off(cut=True))
            self._at(end, lambda: self.shop.cut_off(cut=False))

    # -- people -------------------------------------------------------------------------------------------------

    def _open_shop(self, today: list[Visit]) -> None:
        self.shop.write_invoices(today)
        for visit in today:
            at = self.world.begin + visit.at
            self._at(at, lambda visit=visit: self._press(visit, 1, visit.scenario))  # type: ignore[misc]  # a bound default
            if visit.rival_after is not None:
                self._at(at + visit.rival_after, lambda visit=visit: self._press(visit, _RIVAL, "visa"))  # type: ignore[misc]  # as above
            if visit.credited_after is not None:
                self._at(at + visit.credited_after, lambda visit=visit: self._credit(visit, 0))  # type: ignore[misc]  # as above

    def _credit(self, visit: Visit, again: int) -> None:
        if not self.shop.credit(visit) and again < 5:
            self._in(_AGAIN, lambda: self._credit(visit, again + 1))

    def _press(self, visit: Visit, number: int, scenario: str, again: int = 0) -> None:
        key = f"visit-{visit.number}-{number}"
        alone = number >= _RIVAL
        lived = self.shop.press(visit, key, scenario, alone=alone)
        if lived and visit.presses_twice and not again:
            lived = self.shop.press(visit, key, scenario, alone=alone)
        payment = self.shop.payment(key)
        if payment is not None and payment.state in _UNKNOWN:
            self.open.setdefault(payment.id, self.world.now)
        if not lived and again < 5:
            self._in(_AGAIN, lambda: self._press(visit, number, scenario, again + 1))
            return
        if payment is None:
            return
        if (
            payment.state == "failed" and number % _RIVAL < 3 and scenario != "reader"
        ):  # told that nothing was charged
            self._in(timedelta(minutes=2), lambda: self._press(visit, number + 1, "visa"))
        elif payment.state == "needs_action" and scenario != "left":
            self._in(visit.typing, lambda: self._pays_there(visit, number, scenario))
        else:
            self._in(visit.after_delay, lambda: self._after(visit, key, 0))

    def _pays_there(self, visit: Visit, number: int, scenario: str) -> None:
        key = f"visit-{visit.number}-{number}"
        payment = self.shop.payment(key)
        assert payment is not None
        if scenario == "reader":
            self.shop.at_reader(visit, payment)
            self._in(visit.after_delay, lambda: self._after(visit, key, 0))
            return
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
        provider, reach = self.shop.till_of(payment).provider, self.world.reach
        if visit.after in (After.REFUND, After.RETURNED):
            self._give_back(visit, payment, minor, "whole", 0)
        elif visit.after is After.PART:
            self._give_back(visit, payment, max(1, minor // 3), "part", 0)
        elif visit.after is After.TWO_AT_ONCE:
            for name in ("one", "two"):
                self._give_back(visit, payment, max(1, minor * 6 // 10), name, 0)
        elif visit.after in (After.DISPUTE_WON, After.DISPUTE_LOST):
            reach(provider).open_dispute(charge)
            won = visit.after is After.DISPUTE_WON
            self._in(visit.decided_after, lambda: reach(provider).dispute(charge, won=won))
        if visit.after is After.RETURNED:
            self._in(visit.decided_after, lambda: reach(provider).return_refund(charge))

    def _give_back(self, visit: Visit, payment: Payment, minor: int, name: str, again: int) -> None:
        if not self.shop.give_back(visit, payment, minor, name) and again < 5:
            self._in(_AGAIN, lambda: self._give_back(visit, payment, minor, name, again + 1))

    def _pay_out(self, day: int) -> None:
        payouts_are_looked_at()
        pays, comes_back = pays_out(self.world.seed, day)
        for till in self.shop.tills if pays else ():
            self.world.reach(till.provider).pay_out()
            if comes_back:
                self._in(timedelta(days=1), lambda till=till: self.world.reach(till.provider).return_payout())  # type: ignore[misc]  # a bound default

    # -- news ---------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """What the provider tells now, each piece with its fate."""
        if not self.world.has_news:
            return
        self.world.has_news = False
        for till in self.shop.tills:
            for event in till.provider.events_after(self._last_event[till.account.id]):
                self._last_event[till.account.id] = event["id"]
                self._hear(till, event)

    def _hear(self, till: Till, event: dict[str, Any]) -> None:
        self._told += 1
        its = fate(self.world.seed, self._told)
        self.report.news_lost += not its.arrivals
        if its.forged:
            self._in(timedelta(0), lambda: self.shop.deliver_forged(till, event))
        for wait in its.arrivals:
            self._in(wait, lambda: self._deliver(till, event, 0))

    def _deliver(self, till: Till, event: dict[str, Any], tries: int) -> None:
        if not self.shop.deliver(till, event) and tries < 9:
            self._in(timedelta(seconds=30), lambda: self._deliver(till, event, tries + 1))
