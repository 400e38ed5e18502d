"""``allsquare walkthrough``: the whole loop over real HTTP, as a clerk and a customer would go it.

An invoice is issued and mailed, the mail is read, its link opened, the sum paid on the provider's page; the
webhook comes, and then invoice, journal, credit, receipts and events are looked at. With ``--all`` the other ways to
pay and what comes after are walked too. Exit status 1 when any step fails; what was started is stopped.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from typing import Final

from allsquare.cli.company import connect_sandbox
from allsquare.cli.stack import Stack, serve, stack
from allsquare.cli.steps import Step, print_step
from allsquare.cli.walk import Walker, walk
from allsquare.cli.walks import WALKS, walk_all
from allsquare.cli.walks_routing import ROUTING
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.identity.models import Person
from allsquare.onboarding.services.set_up_organization import set_up_organization

#: Walks of one company each, in this order. Where a provider breaks, it is a company that has nothing else.
TOGETHER: Final = (WALKS, (ROUTING,))

PASSWORD = "all-square-rehearsal"  # noqa: S105  # of a person who exists in the rehearsal alone


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="every way to pay, refunds, disputes, payouts too")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")


def run(options: argparse.Namespace) -> int:
    with stack() as running:
        walker = _newcomer(running)
        serve(running)
        tell = None if options.json else print_step
        steps = walk(running, walker, tell=tell)
        if options.all:
            for walks in TOGETHER:
                steps += walk_all(running, _newcomer(running), walks, tell=tell)
    return report(steps, as_json=options.json)


def report(steps: list[Step], *, as_json: bool) -> int:
    """Print the end of it; the exit status."""
    good = all(step.ok for step in steps)
    if as_json:
        print(json.dumps({"ok": good, "steps": [step.as_dict() for step in steps]}, indent=2, default=str))
    else:
        seconds = sum(step.seconds for step in steps)
        print(
            f"The loop is closed: {len(steps)} steps in {seconds:.1f} s." if good else "The loop is broken."
        )
    return 0 if good else 1


def _newcomer(running: Stack) -> Walker:
    """A company of its own for each walk, so that walks do not meet."""
    mark = new_id().hex[-8:]
    owner = Person.objects.create_user(f"owner-{mark}@walk.example", PASSWORD, name="Olga Owner")
    organization = set_up_organization(
        owner=owner,
        actor=SYSTEM,
        name=f"Walkthrough {mark}",
        country="DE",
        base_currency="EUR",
        time_zone="Europe/Berlin",
        language="en",
        email=f"billing-{mark}@walk.example",
        rates={"S": "19", "Z": "0"},
        rates_from=date(2000, 1, 1),
    )
    gateway = connect_sandbox(running, organization)
    return Walker(organization=organization, email=owner.email, password=PASSWORD, gateway=gateway)
