"""``allsquare worker``: jobs, and the steady rounds that need no job.

Three things run side by side. Procrastinate takes queued jobs (PDF, mail). The rounds below look every few
moments for what commits may have left: webhooks in the inbox, news in the event log, payments to ask about.
The event log is the queue of the hot path (see ``docs/decisions/0001``): a payment costs no job row. Whatever asks
providers a round only begins: threads do it, so that one that hangs holds up no other round (``lanes``, and
``docs/decisions/0034``).
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app

from allsquare.cli.database import database
from allsquare.cli.lanes import Each, Lanes, one_by_one
from allsquare.cli.parent import end_with_parent
from allsquare.connect.services.expire_batches import expire_batches
from allsquare.connect.services.expire_exports import expire_exports
from allsquare.connect.services.tell_failed_jobs import tell_failed_jobs
from allsquare.core import restoration
from allsquare.core.errors import AllsquareError
from allsquare.core.events import follow
from allsquare.core.garbage import keep_what_is_loaded
from allsquare.core.jobs import keep_reason, retry_stalled_jobs
from allsquare.core.ratelimit import forget_ended
from allsquare.core.sealer import seal
from allsquare.identity.services.forget_sessions import forget_sessions
from allsquare.insights.services.start_nightly_check import start_nightly_check
from allsquare.notifications.services.retry_due import retry_due
from allsquare.payments.due import (
    accounts_to_ask,
    accounts_to_recover,
    accounts_to_sweep,
    accounts_with_mail,
    organizations_with_autopay,
    organizations_with_cards_that_end,
    organizations_with_disputes,
    organizations_with_old_news,
    organizations_with_old_troubles,
    organizations_with_open_ends,
)
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapters_with
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.drain import drain
from allsquare.payments.services.forget_news import forget_news
from allsquare.payments.services.forget_troubles import forget_troubles
from allsquare.payments.services.raise_left_open import raise_left_open
from allsquare.payments.services.recover import recover
from allsquare.payments.services.remind_of_disputes import remind_of_disputes
from allsquare.payments.services.run_autopay import run_autopay
from allsquare.payments.services.sweep import sweep
from allsquare.payments.services.warn_of_expiry import warn_of_expiry
from allsquare.risk.due import organizations_that_remember
from allsquare.risk.services.forget import forget
from allsquare.selling.holds import organizations_with_units_held
from allsquare.selling.services.free_units import free_units

log = logging.getLogger(__name__)

#: Seconds before a new worker has the books checked: what waited while there was none is late, and done first.
CALM = 600


@dataclass(slots=True)
class Round:
    """Something done again and again, ``every`` so many seconds; at once again while there was work."""

    name: str
    every: float
    work: Callable[[], int]
    due: float = 0.0


def drain_inboxes(each: Each = one_by_one) -> int:
    """Every gateway account with news waiting. Where the news says all, nobody is asked, and nobody is waited for."""
    mail, asking = accounts_with_mail(), adapters_with(Capability.HINTS)
    read = one_by_one([account for account in mail if account.gateway not in asking], _drain)
    return read + each([account for account in mail if account.gateway in asking], _drain)


def _drain(account: GatewayAccount) -> int:
    return drain(organization=account.organization, gateway_account=account)


def follow_events() -> int:
    """Every reader of the event log."""
    return sum(follow(name, import_string(path)) for name, path in settings.ALLSQUARE_EVENT_READERS.items())


def sweep_payments(each: Each = one_by_one) -> int:
    """Every gateway account with a payment or refund that is due to be asked about."""
    return each(accounts_to_sweep(), lambda a: sweep(organization=a.organization, gateway_account=a))


def ask_histories(each: Each = one_by_one) -> int:
    """One of the accounts whose provider is due to be asked what happened, since a list may be long and others wait:
    a webhook may have been lost."""
    due = accounts_to_ask()[:1]
    return each(due, lambda a: ask_history(organization=a.organization, gateway_account=a))


def charge_by_agreement(each: Each = one_by_one) -> int:
    """Every organization whose customers let their invoices be charged by themselves."""
    return each(organizations_with_autopay(), lambda one: run_autopay(organization=one))


def remind_of_deadlines() -> int:
    """Every organization with a dispute that can still be answered."""
    return one_by_one(organizations_with_disputes(), lambda one: remind_of_disputes(organization=one))


def show_what_is_left_open() -> int:
    """Every organization that waits for a provider to say what became of something."""
    return one_by_one(organizations_with_open_ends(), lambda one: raise_left_open(organization=one))


def warn_of_ending_cards() -> int:
    """Every organization with saved cards that end: most have none that do so now."""
    return one_by_one(organizations_with_cards_that_end(), lambda one: warn_of_expiry(organization=one))


def forget_payers() -> int:
    """Every organization that still knows who tried to pay, and how often somebody tried anything."""
    return forget_ended() + one_by_one(organizations_that_remember(), lambda one: forget(organization=one))


def forget_what_was_told() -> int:
    """Every organization that still has what its providers' news carried."""
    return one_by_one(organizations_with_old_news(), lambda one: forget_news(organization=one))


def forget_outages() -> int:
    """Every organization with rows of what went wrong with a provider days ago."""
    return one_by_one(organizations_with_old_troubles(), lambda one: forget_troubles(organization=one))


def free_units_held(each: Each = one_by_one) -> int:
    """Organizations that sell a limited number of something, and where people went away without paying."""
    return each(organizations_with_units_held(), lambda one: free_units(organization=one))


def recover_after_restore(each: Each = one_by_one) -> int:
    """Providers are asked what happened since the backup that was restored; nothing to do where none was. One that is
    switched off is not waited for."""
    held = accounts_to_recover()
    served = each(held, lambda a: recover(organization=a.organization, gateway_account=a)) if held else 0
    if restoration.under_way() and not any(account.enabled for account in accounts_to_recover()):
        restoration.end()
    return served


def rounds(lanes: Lanes) -> list[Round]:
    """What asks providers is done in ``lanes``."""
    return [
        Round("restore", 5.0, partial(recover_after_restore, lanes.of("restore"))),
        Round("inbox", 0.1, partial(drain_inboxes, lanes.of("inbox"))),
        Round("events", 0.1, follow_events),
        Round("sweep", 2.0, partial(sweep_payments, lanes.of("sweep"))),
        Round("history", 10.0, partial(ask_histories, lanes.of("history"))),
        Round("mail", 5.0, lambda: retry_due(limit=200)),
        Round("autopay", 30.0, partial(charge_by_agreement, lanes.of("autopay"))),
        Round("disputes", 300.0, remind_of_deadlines),
        Round("left open", 600.0, show_what_is_left_open),
        Round("cards that end", 600.0, warn_of_ending_cards),
        Round("units held", 60.0, partial(free_units_held, lanes.of("units held"))),
        Round("risk", 3600.0, forget_payers),
        Round("news", 3600.0, forget_what_was_told),
        Round("troubles", 3600.0, forget_outages),
        Round("seal", 5.0, seal),
        Round("sessions", 3600.0, forget_sessions),
        Round("exports", 60.0, expire_exports),
        Round("batches", 600.0, expire_batches),
        Round("stalled jobs", 20.0, retry_stalled_jobs),
        Round("failed jobs", 15.0, tell_failed_jobs),
        Round("books", CALM, start_nightly_check, due=time.monotonic() + CALM),
    ]


def go_round(todo: list[Round], stopped: threading.Event) -> None:
    """Until ``stopped``. A failure of the database, or of one organization's set-up, ends a round and not the
    worker: it is tried again."""
    while not stopped.is_set():
        for item in todo:
            if time.monotonic() < item.due:
                continue
            worked = 0
            try:
                close_old_connections()
                worked = item.work()
            except (DatabaseError, AllsquareError):
                log.exception("round %s failed and will be tried again", item.name)
            item.due = time.monotonic() + (0.0 if worked else item.every)
        stopped.wait(0.05)
    close_old_connections()


def _go_round_or_end(stopped: threading.Event) -> None:
    """A fault that nobody foresaw ends the whole worker: one without its rounds must not look alive."""
    lanes = Lanes()
    try:
        go_round(rounds(lanes), stopped)
    finally:
        lanes.end()
        if not stopped.is_set():
            os.kill(os.getpid(), signal.SIGTERM)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=int, default=2, help="jobs at once")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")


def work(*, concurrency: int, wait: bool = True) -> None:
    """Do the jobs of the queue, for ever or (not ``wait``) until none is due.

    An app of its own: what tasks and rounds queue must go through Django's connection, and so be part of their
    transaction, while the worker listens on a connection of its own.
    """
    listening = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]  # it has it
    listening.run_worker(
        concurrency=concurrency,
        wait=wait,
        delete_jobs="successful",
        shutdown_graceful_timeout=10,
        task_middleware=[*app.worker_defaults.get("task_middleware", ()), keep_reason],
    )


def run(options: argparse.Namespace) -> int:
    if options.with_parent:
        end_with_parent()
    with database():
        keep_what_is_loaded()
        stopped = threading.Event()
        thread = threading.Thread(target=_go_round_or_end, args=(stopped,), name="rounds")
        thread.start()
        try:
            work(concurrency=options.concurrency)
        finally:
            ended_by_itself = not thread.is_alive()
            stopped.set()
            thread.join(timeout=30)
    return 1 if ended_by_itself else 0
