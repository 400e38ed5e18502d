"""Days of a business in seconds: ``python -m tests.faults.simulate --seed 1 --days 30``.

Thousands of payers pay by card, saved card, bank debit and at readers in the shop, where they give tips and let cards
be kept, for one invoice, for several and on account, press twice, go away and come back; clerks give money back and
credit lines; banks dispute, bounce and send back; the provider pays out, loses requests and answers, fails, and cannot
be reached for a while on most days, when another one stands in; its news is lost, late, doubled and forged; and every
sixth action may die somewhere in its midst. Clocks of both sides are moved from one thing that is due to the next. A
seed does the same again. In the end nothing may be lost, doubled, open or different from the providers' own books, and
``verify`` holds. Exit status 0 when that is so, else 1.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import django


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulate", description="Simulate days of a business with faults.")
    parser.add_argument(
        "--seed", type=int, default=None, help="the same seed does the same; by default a new one"
    )
    parser.add_argument("--days", type=int, default=30, help="simulated days on which payers come")
    parser.add_argument("--a-day", type=int, default=100, help="payers on each")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    options = parser.parse_args()
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    home = Path(tempfile.mkdtemp(prefix="allsquare-simulated-"))
    home.chmod(0o711)  # the database's user must be able to pass
    os.environ |= {"ALLSQUARE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "allsquare.config.settings"}
    django.setup()
    days = importlib.import_module("tests.faults.simulated.days")  # it needs Django's models
    try:
        report = days.by_itself(home, seed=seed, days=options.days, a_day=options.a_day)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    told = json.dumps(report.as_json(), indent=2) if options.json else report.as_table()
    sys.stdout.write(f"{told}\n")
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
