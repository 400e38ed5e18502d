"""``allsquare reconcile-gateway``: exit status 0 when providers and these books say the same, 1 when they do not."""

from __future__ import annotations

import argparse
import json

from allsquare.cli import inquiring
from allsquare.cli.database import database
from allsquare.payments.inquiries import differences_of
from allsquare.payments.models import Difference, Inquiry
from allsquare.payments.states import InquiryState


def add_arguments(parser: argparse.ArgumentParser) -> None:
    inquiring.add_arguments(parser)
    parser.add_argument(
        "--mend", action="store_true", help="take in what is missing, as if its news had come"
    )


def run(options: argparse.Namespace) -> int:
    same = True
    told = []
    with database():
        for inquiry in inquiring.ask_all(options, Inquiry.Kind.COMPARE, mend=options.mend):
            same = same and inquiry.state == InquiryState.DONE and inquiry.found == inquiry.mended
            rows = differences_of(inquiry.organization, inquiry, limit=None)
            if options.json:
                told.append({**inquiring.facts(inquiry), "differences": [_facts(row) for row in rows]})
            else:
                _print(inquiry, rows)
    if options.json:
        print(json.dumps({"same": same, "accounts": told}, indent=2))
    return 0 if same else 1


def _facts(row: Difference) -> dict[str, object]:
    return {
        "object": row.subject,
        "reference": row.reference,
        "kind": row.kind,
        "payment": str(row.payment_id) if row.payment_id else None,
        "ours": row.ours,
        "theirs": row.theirs,
        "mended": row.mended,
        "reason": row.reason,
    }


def _print(inquiry: Inquiry, rows: list[Difference]) -> None:
    name = f"{inquiry.organization.name}, {inquiry.gateway_account.label}"
    if inquiry.state != InquiryState.DONE:
        print(f"{name}: not finished ({inquiry.state}). {inquiry.error}", flush=True)
        return
    print(
        f"{name}: {inquiry.objects_seen} objects compared, {inquiry.found} differences, {inquiry.mended} mended.",
        flush=True,
    )
    for row in rows:
        mark = "mended" if row.mended else "DIFFERS"
        print(
            f"  {mark:8} {row.subject} {row.reference}: {row.kind}. here {_said(row.ours)}, there {_said(row.theirs)}"
        )
        if row.reason:
            print(f"           {row.reason}")


def _said(facts: dict[str, object]) -> str:
    """In minor units: what a script reads must not depend on a language."""
    if not facts:
        return "unknown"
    told = [str(facts["state"])]
    if facts.get("amount_minor") is not None:
        told.append(f"{facts['amount_minor']} {facts['currency']}")
    if facts.get("fee_minor"):
        told.append(f"fee {facts['fee_minor']}")
    return " ".join(told)
