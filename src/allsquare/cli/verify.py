"""``allsquare verify``: exit status 0 when every promise holds, 1 when one does not."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator

from allsquare.cli.database import database
from allsquare.insights.proofs import PROOFS, THOROUGH, Result
from allsquare.insights.proofs import run as ask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    parser.add_argument(
        "--all",
        action="store_true",
        help="compare every row, hash every event and read every stored document, not only the newest and some others",
    )


def run(options: argparse.Namespace) -> int:
    begun = time.monotonic()
    with database():
        answers = ask(THOROUGH if options.all else PROOFS)
        results = list(answers if options.json else _printed(answers))
    broken = sum(not result.holds for result in results)
    if options.json:
        print(json.dumps(as_json(results), indent=2))
    else:
        took = f"{len(results)} promises asked in {time.monotonic() - begun:.1f} s."
        print(
            f"All square. {took}" if not broken else f"{broken} of {len(results)} promises are broken. {took}"
        )
    return 1 if broken else 0


def as_json(results: list[Result]) -> dict[str, object]:
    return {
        "holds": all(result.holds for result in results),
        "proofs": [
            {
                "name": result.proof.name,
                "invariant": result.proof.invariant,
                "promise": str(result.proof.promise),
                "holds": result.holds,
                "seconds": round(result.seconds, 3),
                "more": result.more,
                "findings": [
                    {
                        "organization": finding.organization,
                        "about": result.proof.about,
                        "subject": finding.subject,
                        "text": result.proof.text(finding.facts),
                        "facts": dict(finding.facts),
                    }
                    for finding in result.findings
                ],
            }
            for result in results
        ],
    }


def _printed(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        proof = result.proof
        mark = "holds " if result.holds else "BROKEN"
        print(
            f"{mark} {proof.invariant:8} {result.seconds:6.1f} s  {proof.name:28} {proof.promise}", flush=True
        )
        for finding in result.findings:
            print(f"         {finding.organization} {finding.subject}: {proof.text(finding.facts)}")
        if result.more:
            print(f"         … and {result.more} more")
        yield result
