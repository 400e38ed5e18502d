"""One run: start, work and kill, come to rest, count and compare."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from typing import Final

from django.db import close_old_connections

from allsquare.cli.children import allsquare_command
from allsquare.cli.smtp_catcher import caught
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from allsquare.payments.selectors import account_settings, practice_account
from tests.faults.soak import findings, rest
from tests.faults.soak.acknowledged import Acknowledged
from tests.faults.soak.books import differences
from tests.faults.soak.decisions import Victim
from tests.faults.soak.desk import EMAIL, PASSWORD, Desk, Work, sign_in
from tests.faults.soak.installation import Installation
from tests.faults.soak.killer import Killer
from tests.faults.soak.our_books import our_books
from tests.faults.soak.provider import Provider
from tests.faults.soak.report import Report
from tests.faults.soak.surfer import Surfer
from tests.faults.soak.their_books import their_books


@dataclass(frozen=True, slots=True)
class Size:
    """``every``: forms between two kills on average. After ``seconds`` work goes on until ``at_least`` kills were done,
    on a slow machine, but not for more than ``overtime``. ``patience``: seconds for coming to rest."""

    seconds: float
    desks: int = 4
    every: int = 25
    at_least: int = 0
    overtime: float = 240.0
    patience: float = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """What the soak knows of the organization that it works for."""

    organization: Organization
    account: GatewayAccount
    provider: Provider


_TYPED: Final = {
    "name": "Olga Owner",
    "email": EMAIL,
    "password": PASSWORD,
    "organization": "Soaked & Sons",
    "country": "DE",
    "base_currency": "EUR",
    "time_zone": "Europe/Berlin",
    "language": "en",
}


def soak(installation: Installation, *, seed: int, size: Size) -> Report:
    """The installation runs. What goes wrong in it is in the report; what goes wrong with the soak itself raises."""
    place = begin(installation)
    report = Report(seed)
    told = Acknowledged(installation.base_url)
    place.provider.misbehave(seed)
    began = time.monotonic()
    _work(installation, place, told, report, seed=seed, size=size)
    report.seconds = time.monotonic() - began
    _rest(installation, place, told, report, size)
    report.rest_seconds = time.monotonic() - began - report.seconds
    _count(installation, place, told, report)
    place.provider.close()
    return report


def begin(installation: Installation) -> Place:
    """The first visitor signs up, as a person would: a rehearsal with the practice provider connected."""
    surfer = Surfer(heard=lambda response: None, sent=lambda: None)
    page = surfer.open(f"{installation.base_url}/accounts/signup/")
    surfer.submit(page, having="organization", **_TYPED)
    surfer.close()
    organization = Organization.objects.get()
    account = practice_account(organization)
    if account is None:
        raise LookupError("The new organization has no practice provider.")
    key = account_settings(organization, account)["api_key"]
    return Place(organization, account, Provider(installation.sandbox_url, key))


def _work(
    installation: Installation, place: Place, told: Acknowledged, report: Report, *, seed: int, size: Size
) -> None:
    killer = Killer(installation, seed=seed, every=size.every)
    work = Work(seed, installation.base_url, told, place.provider, killer.count)
    desks = [Desk(work, number) for number in range(size.desks)]
    killer.start()
    for desk in desks:
        desk.start()
    began = time.monotonic()
    work.stop.wait(size.seconds)
    while killer.done.total() < size.at_least and time.monotonic() < began + size.seconds + size.overtime:
        work.stop.wait(0.2)
    work.stop.set()
    for desk in desks:  # each sees its last case through
        desk.join()
    killer.stop()
    for desk in desks:
        if desk.end is not None:
            raise desk.end
    report.cases = sum(desk.cases for desk in desks)
    report.forms = killer.sent
    report.kills = {victim.value: killer.done[victim] for victim in Victim}
    report.unanswered, report.surprises = work.unanswered, work.surprises


def _rest(installation: Installation, place: Place, told: Acknowledged, report: Report, size: Size) -> None:
    installation.wait_until_well()
    place.provider.behave()
    surfer = Surfer(heard=told.hear, sent=lambda: None)
    sign_in(surfer, installation.base_url)
    rest.wait_for_deliveries(place.provider, seconds=size.patience)
    rest.let_time_pass(surfer, installation.base_url)
    surfer.close()
    on_their_way = rest.wait_for_deliveries(place.provider, seconds=size.patience)
    report.never_told = rest.never_told(place.provider)
    unasked = rest.wait_for_history(place.organization, place.account, seconds=size.patience)
    left = rest.until_nothing_is_open(place.organization, seconds=size.patience)
    report.stuck = {**left, "deliveries": on_their_way, "history": unasked}


def _count(installation: Installation, place: Place, told: Acknowledged, report: Report) -> None:
    close_old_connections()
    organization = place.organization
    findings.hear_deliveries(told, place.provider)
    report.acknowledged = told.counts()
    report.lost = findings.lost(organization, told)
    report.doubled = findings.doubled(organization, place.provider)
    report.trial_balance = findings.trial_balance(organization)
    report.verify = verify()
    theirs = their_books(place.provider)
    report.objects = dict(Counter(name.kind for name in theirs))
    report.differences = differences(theirs=theirs, ours=our_books(organization, place.account))
    letters = Counter((mail.message_id, *mail.recipients) for mail in caught(installation.mails))
    report.mails = sum(letters.values())
    report.mails_again = report.mails - len(letters)


def verify() -> list[str]:
    """The command itself, as somebody at the terminal would run it."""
    done = subprocess.run(
        allsquare_command("verify", "--json"), capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode not in (0, 1) or not done.stdout:
        return [f"allsquare verify ended with {done.returncode}: {done.stderr[-500:]}"]
    return [
        f"{proof['name']}: {finding['subject']}: {finding['text']}"
        for proof in json.loads(done.stdout)["proofs"]
        for finding in proof["findings"]
    ]
