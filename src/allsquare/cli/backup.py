"""``allsquare backup``: database and documents in one file, while everything runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.cli.backup_key import add_key_argument, key_of
from allsquare.cli.database import database
from allsquare.core.backup.take import backup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        type=Path,
        nargs="?",
        default=Path(),
        metavar="FILE or DIRECTORY",
        help="by default a file named by the time, in this directory",
    )
    add_key_argument(parser)


def run(options: argparse.Namespace) -> int:
    key = key_of(options)
    with database():
        path, _manifest = backup(options.target, key=key, tell=print)
    print(_("Written: %(file)s (%(size)s MB)") % {"file": path, "size": f"{path.stat().st_size / 1e6:.1f}"})
    if key is None:
        print(
            _(
                "NOT ENCRYPTED, so the keys of this installation are NOT in it, and without them the restored "
                "settings of payment providers and pay links cannot be read. Keep a copy of %(folder)s (or of "
                "ALLSQUARE_ENCRYPTION_KEYS) in another place than this file. Or give a key: see --help."
            )
            % {"folder": settings.HOME / "secrets"}
        )
    else:
        print(
            _(
                "Encrypted, with the keys of this installation in it. Without its key it cannot be opened by anybody."
            )
        )
    return 0
