"""Disputes are answered through PayPal: text and files at once, while it is our turn.

https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_provide-evidence
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from allsquare.core.remote import Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.paypal.api import BLANKS, PayPalApi, Refusal
from allsquare.gateways.paypal.reading import CASES
from allsquare.gateways.shared import NONSENSE
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.gateway_abilities import EvidenceRequest

MOST_NOTES: Final = 2000
#: By which nothing is said about the answer: it may be sent again when the keys are right.
_OUR_KEYS: Final = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})


def send(api: PayPalApi, request: EvidenceRequest) -> Outcome:
    """PayPal promises no key for this, so our answer's id stands under the text, and is looked for first. The kind
    *other* takes a text and files as they are; the others want numbers of parcels or refunds."""
    notes = f"{request.text}\n\n({request.key})"
    if len(notes) > MOST_NOTES:
        told = _noop("PayPal takes 1,950 characters at most. Say it shorter, and add the rest as a PDF.")
        return _said(request, Status.DECLINED, "text_too_long", told)
    path = f"{CASES}/{quote(request.dispute_reference, safe='')}"
    case = api.ask("GET", path)
    if isinstance(case, Trouble):
        return _said(request, Status.NOT_SENT, case.code, case.message)
    if isinstance(case, Refusal):
        return _refused(request, case)
    try:
        earlier = _found(request, case.body)
    except NONSENSE:
        return _said(request, Status.NOT_SENT, "malformed_answer", BLANKS.unreadable)
    if earlier is not None:
        return earlier
    evidence = {"evidences": [{"evidence_type": "OTHER", "notes": notes}]}
    parts: dict[str, tuple[str | None, bytes, str]] = {
        "input": (None, json.dumps(evidence).encode(), "application/json")
    }
    for place, file in enumerate(request.files, start=1):
        parts[f"file{place}"] = (file.name, file.data, file.media_type)
    handed = api.ask("POST", f"{path}/provide-evidence", files=parts, key=str(request.key))
    if isinstance(handed, Trouble):
        status = Status.UNKNOWN if handed.sent else Status.NOT_SENT
        return _said(request, status, handed.code, handed.message)
    if isinstance(handed, Refusal):
        return _refused(request, handed)
    return _said(request, Status.SUCCEEDED)


def _found(request: EvidenceRequest, case: Mapping[str, Any]) -> Outcome | None:
    """What became of it before; ``None`` when PayPal waits for an answer: then it says where that goes."""
    given = [str(each.get("notes") or "") for each in case.get("evidences") or []]
    if any(str(request.key) in notes for notes in given):
        return _said(request, Status.SUCCEEDED)
    ways = {str(link.get("rel")).replace("-", "_") for link in case.get("links") or []}
    if "provide_evidence" in ways:
        return None
    told = _noop("PayPal takes no answer to it now: it was answered already, or decided.")
    return _said(request, Status.DECLINED, "dispute_closed", told)


def _refused(request: EvidenceRequest, told: Refusal) -> Outcome:
    """Final, unless it is our keys that PayPal does not like."""
    status = Status.NOT_SENT if told.status in _OUR_KEYS else Status.DECLINED
    return _said(request, status, told.issue.lower()[:60], told.message)


def _said(request: EvidenceRequest, status: Status, code: str = "", message: str = "") -> Outcome:
    return BLANKS.blank(Subject.DISPUTE, status, request.key, code, message, request.dispute_reference)
