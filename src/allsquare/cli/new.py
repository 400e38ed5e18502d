"""``allsquare new``: an organization and its first owner, ready to invoice."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from datetime import date

from django.db import transaction

from allsquare.cli.database import database
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import InvalidInput
from allsquare.core.migrating import migrate
from allsquare.identity.services.create_person import create_person
from allsquare.onboarding.services.set_up_organization import set_up_organization


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="of the organization")
    parser.add_argument("--country", required=True, help="ISO 3166 code, such as DE")
    parser.add_argument("--currency", required=True, help="base currency, ISO 4217, such as EUR")
    parser.add_argument("--time-zone", required=True, help="such as Europe/Berlin")
    parser.add_argument("--language", default="en")
    parser.add_argument("--email", required=True, help="with which the owner signs in")
    parser.add_argument("--owner", default="", help="name of the owner")
    parser.add_argument("--standard-tax", default="", help="standard tax rate in percent, such as 19")


def run(options: argparse.Namespace) -> int:
    password = os.environ.get("ALLSQUARE_OWNER_PASSWORD", "")
    if not password and not sys.stdin.isatty():
        raise InvalidInput(
            "Nobody is here to type the owner's password: give it in ALLSQUARE_OWNER_PASSWORD."
        )
    password = password or getpass.getpass("Password of the owner: ")
    rates = {"S": options.standard_tax} if options.standard_tax else {}
    with database():
        migrate(tell=print)
        with transaction.atomic():
            owner = create_person(email=options.email, name=options.owner, password=password)
            organization = set_up_organization(
                owner=owner,
                actor=SYSTEM,
                name=options.name,
                country=options.country,
                base_currency=options.currency,
                time_zone=options.time_zone,
                language=options.language,
                email=options.email,
                rates={**rates, "Z": "0"},
                rates_from=date(2000, 1, 1),
            )
    print(f"{organization.name} is ready. {owner.email} can sign in.")
    return 0
