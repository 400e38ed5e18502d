"""``allsquare demo``: a demonstration company with a year behind it, everything running, until Ctrl-C."""

from __future__ import annotations

import argparse

from allsquare.cli.history import DEMO_EMAIL, DEMO_PASSWORD, ensure_company, forget_half_made
from allsquare.cli.serve import tend_until_stopped
from allsquare.cli.stack import Stack, serve, stack
from allsquare.cli.steps import print_step
from allsquare.cli.walk import Walker, walk
from allsquare.cli.walkthrough import report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: ``ALLSQUARE_PORT`` chooses another port than 8000."""


def run(options: argparse.Namespace) -> int:
    print(
        "Starting a PostgreSQL, a payment provider, a mail catcher, the web server and a worker …", flush=True
    )
    forget_half_made()
    with stack() as running:
        company = ensure_company(running)
        serve(running)
        print(
            "One invoice goes the whole way now: issued, mailed, paid at the provider, booked, receipted.\n"
        )
        walker = Walker(
            organization=company.organization,
            email=DEMO_EMAIL,
            password=DEMO_PASSWORD,
            gateway=company.gateway,
        )
        broken = report(walk(running, walker, tell=print_step), as_json=False)
        if broken:
            print("Everything runs all the same: look at the console for what became of it.")
        _greet(running, walker)
        tend_until_stopped(running.children)
        print("\nStopping everything …", flush=True)
    print("Stopped. Nothing is left running.")
    return int(broken)


def _greet(running: Stack, walker: Walker) -> None:
    did = (
        f"""
  What the payment just made did
                 {running.base_url}/payments/{walker.payment.id}/"""
        if walker.payment
        else ""
    )
    print(
        f"""
  Console        {running.base_url}/
                 sign in as {DEMO_EMAIL} with {DEMO_PASSWORD}{did}
  Caught mails   {running.base_url}/mail/
  The provider   {running.sandbox_url}/panel   (make it misbehave there)
                 API key {walker.gateway.api_key}

Stop with Ctrl-C.""",
        flush=True,
    )
