"""``allsquare migrate``"""

from __future__ import annotations

import argparse

from allsquare.cli.database import database, migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(options: argparse.Namespace) -> int:
    with database():
        migrate()
    print("The database is at this version.")
    return 0
