"""Where the key of a backup comes from: a file or the environment, never the command line."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from allsquare.core.backup.sealed import Key, find_key


def add_key_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="holds the key (made with: openssl rand -base64 32); else ALLSQUARE_BACKUP_KEY_FILE or "
        "ALLSQUARE_BACKUP_PASSPHRASE",
    )


def key_of(options: argparse.Namespace) -> Key | None:
    return find_key(os.environ, options.key_file)
