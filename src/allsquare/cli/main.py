"""The ``allsquare`` command: one small function per subcommand, each in its own file."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

import django
import psycopg
from django.db import OperationalError, ProgrammingError

from allsquare.cli import rehearsal
from allsquare.core.errors import AllsquareError

#: Name, module with ``add_arguments(parser)`` and ``run(options) -> int``, and what it does.
COMMANDS = (
    ("demo", "allsquare.cli.demo", "start a demonstration company, run the walkthrough, serve until Ctrl-C"),
    (
        "walkthrough",
        "allsquare.cli.walkthrough",
        "issue, mail, pay, book and receipt one invoice over real HTTP",
    ),
    ("serve", "allsquare.cli.serve", "run everything on this machine: database, web, worker"),
    ("web", "allsquare.cli.web", "run only the web server"),
    ("live", "allsquare.cli.live", "run only the server of live pages, for larger set-ups"),
    ("worker", "allsquare.cli.worker", "run only the worker"),
    ("verify", "allsquare.cli.verify", "prove the books: every promise asked again from the facts"),
    (
        "reconcile-gateway",
        "allsquare.cli.reconcile_gateway",
        "compare what providers know with what is known here, object by object",
    ),
    ("replay-webhooks", "allsquare.cli.replay_webhooks", "ask providers for their news once more"),
    ("backup", "allsquare.cli.backup", "write database and documents into one file"),
    ("restore", "allsquare.cli.restore", "put a backup into an empty place"),
    ("migrate", "allsquare.cli.migrate", "bring the database to this version"),
    ("new", "allsquare.cli.new", "make an organization and its first owner"),
    ("rotate-keys", "allsquare.cli.rotate_keys", "encrypt every stored secret anew under the newest key"),
)


def _load(name: str, path: str) -> ModuleType:
    """A command's module needs Django's models, and they need the settings, and those the environment."""
    if name in rehearsal.COMMANDS:
        rehearsal.enter(name)
    django.setup()
    return importlib.import_module(path)


def _of_database(error: Exception) -> str:
    """What whoever runs a command has to do, where it could not begin; empty for a fault of ours."""
    if isinstance(error.__cause__, psycopg.errors.UndefinedTable):
        return "The database has not the tables of this version. Run “allsquare migrate” first, or “allsquare serve”."
    if isinstance(error, OperationalError) and isinstance(error.__cause__, psycopg.OperationalError):
        return f"The database cannot be reached. Look at DATABASE_URL, and whether it runs. {error}".strip()
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 not done (the reason is printed), 2 wrong arguments, 130 stopped by Ctrl-C."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allsquare.config.settings")
    parser = argparse.ArgumentParser(prog="allsquare", description="Self-hosted integrated payment system.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = list(sys.argv[1:] if arguments is None else arguments)
    modules = {}
    for name, path, summary in COMMANDS:
        sub = commands.add_parser(name, help=summary, description=summary)
        if name in given[:1]:  # the others are not imported: a command starts with what it needs alone
            modules[name] = _load(name, path)
            modules[name].add_arguments(sub)
    options = parser.parse_args(given)
    try:
        return int(modules[options.command].run(options))
    except AllsquareError as error:
        print(f"allsquare: {error.message}", file=sys.stderr)
        return 1
    except (OperationalError, ProgrammingError) as error:
        reason = _of_database(error)
        if not reason:
            raise
        print(f"allsquare: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
