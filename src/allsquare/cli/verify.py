"""``allsquare verify``: exit status 0 when every promise holds, 1 when one does not."""

from __future__ import annotations

import argparse
import json

from allsquare.cli.database import database
from allsquare.insights.proofs import PROOFS, Result
from allsquare.insights.proofs import run as ask


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")


def run(options: argparse.Namespace) -> int:
    with database():
        results = list(ask(PROOFS))
    if options.json:
        print(json.dumps(as_json(results), indent=2))
    else:
        _print(results)
    return 0 if all(result.holds for result in results) else 1


def as_json(results: list[Result]) -> dict[str, object]:
    return {
        "holds": all(result.holds for result in results),
        "proofs": [
            {
                "name": result.proof.name,
                "invariant": result.proof.invariant,
                "promise": result.proof.promise,
                "holds": result.holds,
                "seconds": round(result.seconds, 3),
                "more": result.more,
                "findings": [
                    {"organization": f.organization, "subject": f.subject, "text": f.text}
                    for f in result.findings
                ],
            }
            for result in results
        ],
    }


def _print(results: list[Result]) -> None:
    for result in results:
        mark = "holds " if result.holds else "BROKEN"
        print(f"{mark} {result.proof.invariant:8} {result.proof.name:28} {result.proof.promise}")
        for finding in result.findings:
            print(f"         {finding.organization} {finding.subject}: {finding.text}")
        if result.more:
            print("         … and more")
    broken = sum(not result.holds for result in results)
    print("All square." if not broken else f"{broken} of {len(results)} promises are broken.")
