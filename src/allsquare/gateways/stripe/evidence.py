"""Disputes are answered through Stripe: files first, each by itself, then text and files at once, for good.

https://docs.stripe.com/api/disputes/update and https://docs.stripe.com/file-upload
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid5

import httpx

from allsquare.core.remote import Reply, Trouble
from allsquare.core.words import gettext_noop as _noop
from allsquare.gateways.shared import NONSENSE
from allsquare.gateways.stripe.api import BLANKS, StripeApi, said
from allsquare.gateways.stripe.forms import Value
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.gateway_abilities import EvidenceKind, EvidenceRequest

#: Stripe's fields, of which each takes one file.
_FIELDS: Final[Mapping[EvidenceKind, str]] = {
    EvidenceKind.RECEIPT: "receipt",
    EvidenceKind.CORRESPONDENCE: "customer_communication",
    EvidenceKind.DELIVERY: "shipping_documentation",
    EvidenceKind.SERVICE: "service_documentation",
    EvidenceKind.OTHER: "uncategorized_file",
}
_LISTENS: Final = frozenset({"needs_response", "warning_needs_response"})
#: By which nothing is said about the answer: it may be sent again when the keys are right.
_OUR_KEYS: Final = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})


def send(api: StripeApi, request: EvidenceRequest) -> Outcome:
    """Stripe forgets keys after a day, but not what stands in the case: so our answer's id is left there with it, and
    looked for first. Nothing is handed in before the last request."""
    path = f"/v1/disputes/{quote(request.dispute_reference, safe='')}"
    case = api.get(path)
    if isinstance(case, Trouble) or not case.good:
        return _not_handed_in(request, case)
    try:
        earlier = _found(request, case.body)
        if earlier is not None:
            return earlier
        evidence: dict[str, Value] = {"uncategorized_text": request.text}
        for file in request.files:
            key = uuid5(request.key, file.kind)
            told = api.upload(key, "dispute_evidence", (file.name, file.data, file.media_type))
            if isinstance(told, Trouble) or not told.good:
                return _not_handed_in(request, told)
            evidence[_FIELDS[file.kind]] = str(told.body["id"])
    except NONSENSE:
        return _said(request, Status.NOT_SENT, "malformed_answer", BLANKS.unreadable)
    fields: dict[str, Value] = {
        "evidence": evidence,
        "submit": True,
        "metadata": {"answer": str(request.key)},
    }
    told = api.post(path, request.key, fields)
    if isinstance(told, Trouble):
        return _said(request, Status.UNKNOWN if told.sent else Status.NOT_SENT, told.code, told.message)
    if told.good:
        return _said(request, Status.SUCCEEDED)
    error = told.body.get("error")
    if not isinstance(error, dict) or error.get("type") == "idempotency_error":
        return _said(request, Status.UNKNOWN, *said(told))
    return _not_handed_in(request, told)


def _found(request: EvidenceRequest, case: Mapping[str, Any]) -> Outcome | None:
    """What became of it before; ``None`` when the case still waits for an answer."""
    if (case.get("metadata") or {}).get("answer") == str(request.key):
        return _said(request, Status.SUCCEEDED)
    if (case.get("evidence_details") or {}).get("submission_count"):
        told = _noop("This dispute was answered at Stripe already.")
        return _said(request, Status.DECLINED, "dispute_answered", told)
    if case["status"] not in _LISTENS:
        return _said(
            request, Status.DECLINED, "dispute_closed", _noop("Stripe takes no answer to it any more.")
        )
    return None


def _not_handed_in(request: EvidenceRequest, told: Reply | Trouble) -> Outcome:
    """A refusal is final, unless it is our keys that Stripe does not like."""
    refused = not isinstance(told, Trouble) and told.status not in _OUR_KEYS
    return _said(request, Status.DECLINED if refused else Status.NOT_SENT, *said(told))


def _said(request: EvidenceRequest, status: Status, code: str = "", message: str = "") -> Outcome:
    return BLANKS.blank(Subject.DISPUTE, status, request.key, code, message, request.dispute_reference)
