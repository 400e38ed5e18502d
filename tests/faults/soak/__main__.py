"""``python -m tests.faults.soak``: exit status 0 when nothing is lost, doubled, stuck or different, else 1."""

from __future__ import annotations

import argparse
import importlib
import json
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import django

from tests.faults.soak.installation import Installation


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="soak", description="Kill everything, and see that nothing is lost."
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="under load")
    parser.add_argument(
        "--seed", type=int, default=None, help="the same seed decides the same; by default a new one"
    )
    parser.add_argument("--desks", type=int, default=4, help="how many people work at once")
    parser.add_argument("--every", type=int, default=25, help="forms between two kills, on average")
    parser.add_argument("--at-least", type=int, default=0, help="kills, on however slow a machine")
    parser.add_argument("--home", type=Path, help="where the installation shall be; its tables may be there")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument(
        "--keep", action="store_true", help="leave the installation's files, for a look at its logs"
    )
    options = parser.parse_args()
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    home = options.home or Path(tempfile.mkdtemp(prefix="allsquare-soak-"))
    home.chmod(0o711)  # the database's user must be able to pass
    installation = Installation.at(home)
    installation.enter()
    django.setup()
    run = importlib.import_module(
        "tests.faults.soak.run"
    )  # it needs Django's models, and they need the settings
    try:
        installation.start()
        size = run.Size(
            seconds=options.minutes * 60, desks=options.desks, every=options.every, at_least=options.at_least
        )
        report = run.soak(installation, seed=seed, size=size)
    finally:
        installation.stop()
    told = json.dumps(report.as_json(), indent=2) if options.json else report.as_table()
    sys.stdout.write(f"{told}\n")
    if options.keep or not report.clean:
        sys.stderr.write(f"The installation's files are in {home}.\n")
    else:
        shutil.rmtree(home)
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
