"""``allsquare replay-webhooks``: providers tell their news of some days once more. What is here changes nothing; the
rest is taken in by the worker."""

from __future__ import annotations

import argparse
import json

from allsquare.cli import inquiring
from allsquare.cli.database import database
from allsquare.payments.models import Inquiry
from allsquare.payments.states import InquiryState

add_arguments = inquiring.add_arguments


def run(options: argparse.Namespace) -> int:
    """1 when a provider could not be asked to the end."""
    whole = True
    told = []
    with database():
        for inquiry in inquiring.ask_all(options, Inquiry.Kind.REPLAY):
            whole = whole and inquiry.state == InquiryState.DONE
            told.append(inquiring.facts(inquiry))
            if not options.json:
                name = f"{inquiry.organization.name}, {inquiry.gateway_account.label}"
                print(
                    f"{name}: {inquiry.objects_seen} pieces of news, {inquiry.found} were not here. {inquiry.error}",
                    flush=True,
                )
    if options.json:
        print(json.dumps({"whole": whole, "accounts": told}, indent=2))
    return 0 if whole else 1
