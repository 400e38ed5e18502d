"""``python -m bench``: one JSON line for the machine, and one for each figure as soon as it is known."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable

import django
from django.core.management import call_command
from django.utils.module_loading import import_string

from allsquare.core.garbage import keep_what_is_loaded
from bench.figure import Effort, Figure

#: In the order of measuring: what needs a small database comes first.
FIGURES = {
    "pdf": "bench.figures.pdf.measure",
    "loop": "bench.figures.loop.measure",
    "settle_single": "bench.figures.settle_single.measure",
    "settle_single_4": "bench.figures.settle_single_4.measure",
    "pay_http": "bench.figures.pay_http.measure",
    "pay_console": "bench.figures.pay_console.measure",
    "settle_batch": "bench.figures.settle_batch.measure",
    "webhooks": "bench.figures.webhooks.measure",
    "webhooks_hints": "bench.figures.webhooks_hints.measure",
    "pay_page": "bench.figures.pay_page.measure",
    "pages": "bench.figures.pages.measure",
    "growth": "bench.figures.growth.measure",
    "verify": "bench.figures.verify.measure",
}


def main() -> None:
    effort, names = _arguments()
    # Ended from outside, the database is still stopped and deleted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()  # starts the database; the figures import models, so they are found by name afterwards
    call_command("migrate", interactive=False, verbosity=0)
    _print({"name": "machine", "detail": import_string("bench.machine.machine")()})
    for name in names:
        measure: Callable[[Effort], Figure] = import_string(FIGURES[name])
        keep_what_is_loaded()  # as the web server and the worker do
        began = time.monotonic()
        _print(measure(effort).line(name))
        sys.stderr.write(f"{name} took {time.monotonic() - began:.0f} s\n")


def _arguments() -> tuple[Effort, list[str]]:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure how fast Allsquare is.")
    parser.add_argument("--only", default="", metavar="NAME,NAME", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a measurement (default: 10)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements per figure (default: 5)")
    given = parser.parse_args()
    names = [name for name in given.only.replace(",", " ").split() if name] or list(FIGURES)
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        parser.error(f"there is no figure {', '.join(unknown)}; choose from {', '.join(FIGURES)}")
    if given.seconds <= 0 or given.rounds < 1:
        parser.error("measure for at least one round of more than 0 seconds")
    return Effort(rounds=given.rounds, seconds=given.seconds), names


def _print(line: dict[str, object]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
