"""``allsquare restore``: a backup into an empty place."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.utils.translation import gettext as _

from allsquare.cli.backup_key import add_key_argument, key_of
from allsquare.cli.database import database
from allsquare.core.backup.check import check
from allsquare.core.backup.load import restore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="only read the file and prove that it is whole")
    add_key_argument(parser)


def run(options: argparse.Namespace) -> int:
    key = key_of(options)
    if options.check:
        found = check(options.file, key=key)
        rows = sum(entry.count for entry in found.manifest.tables.values())
        print(
            _("The backup of %(time)s is whole: %(rows)s rows, %(documents)s documents.")
            % {"time": found.head.taken_at, "rows": rows, "documents": found.manifest.documents.count}
        )
        return 0
    with database(unfinished=True):
        restore(options.file, key=key, tell=print)
    print(
        _(
            "Restored. Start with `allsquare serve`: payment providers are asked first what happened since the "
            "backup, and until then nothing is charged and no mail goes out. Mails that may have been sent already "
            "wait under Mails, held. See docs/guides/backup.md for what is left to a person."
        )
    )
    return 0
