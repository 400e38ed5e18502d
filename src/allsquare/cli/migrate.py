"""``allsquare migrate``"""

from __future__ import annotations

import argparse

from allsquare.cli.database import database
from allsquare.core.migrating import Limits, migrate

DEFAULT = Limits(statement=60.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lock-timeout",
        type=float,
        default=DEFAULT.lock,
        metavar="SECONDS",
        help="that it waits for a table before it gives way (default: %(default)g)",
    )
    parser.add_argument(
        "--statement-timeout",
        type=float,
        default=DEFAULT.statement,
        metavar="SECONDS",
        help="that one step may take, 0 for as long as it likes (default: %(default)g)",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=DEFAULT.patience,
        metavar="SECONDS",
        help="until it gives up (default: %(default)g)",
    )


def run(options: argparse.Namespace) -> int:
    limits = Limits(lock=options.lock_timeout, statement=options.statement_timeout, patience=options.patience)
    with database():
        migrate(tell=print, limits=limits)
    print("The database is at this version.")
    return 0
