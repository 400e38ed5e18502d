"""The part of the stand-in for Stripe that reads forms, and takes evidence: files of certain kinds, and one answer to a
case."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any

Object = dict[str, Any]

#: https://docs.stripe.com/file-upload
_TYPES = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
LARGEST = 5_000_000


def nested(pairs: list[tuple[str, str]]) -> Object:
    """``a[b][0]=c`` as ``{"a": {"b": {"0": "c"}}}``."""
    found: Object = {}
    for name, value in pairs:
        *path, last = re.findall(r"[^\[\]]+", name)
        holder = found
        for step in path:
            holder = holder.setdefault(step, {})
        holder[last] = value
    return found


def read_form(content_type: str, body: bytes) -> Object:
    """A form with a file in it (RFC 7578), the file as JSON may carry it."""
    found = re.search(r"boundary=\"?([^\";]+)", content_type)
    assert found, "files come as multipart/form-data"
    form: Object = {}
    for part in body.split(b"--" + found[1].encode())[1:-1]:
        head, _empty, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = head.decode()
        name = re.search(r'[; ]name="([^"]*)"', lines)
        assert name
        value = data.removesuffix(b"\r\n")
        media_type = re.search(r"(?i)content-type: *(\S+)", lines)
        if 'filename="' in lines:
            form[name[1]] = {
                "type": media_type[1] if media_type else "",
                "data": b64encode(value).decode(),
            }
        else:
            form[name[1]] = value.decode()
    return form


def new_file(fields: Object) -> tuple[str, Object]:
    """What is wrong with it, or the object that it becomes."""
    file = fields["file"]
    data = b64decode(file["data"])
    if fields["purpose"] != "dispute_evidence" or file["type"] not in _TYPES:
        return f"Invalid file type: {file['type']}", {}
    if not data or len(data) > LARGEST:
        return "Invalid file size", {}
    facts = {"purpose": fields["purpose"], "type": _TYPES[file["type"]], "size": len(data)}
    return "", facts


def answered(case: Object, fields: Object, files: set[str]) -> str:
    """Take the answer; or what is wrong with it."""
    if case["status"] not in ("needs_response", "warning_needs_response"):
        return "This dispute is already closed"
    if case["evidence_details"]["submission_count"]:
        return "Evidence was already submitted"
    evidence = fields["evidence"]
    unknown = [each for name, each in evidence.items() if name != "uncategorized_text" and each not in files]
    if unknown:
        return f"No such file upload: {unknown[0]}"
    if len(evidence.get("uncategorized_text", "")) > 20_000:
        return "Evidence text is too long"
    case["evidence"] = evidence
    case["metadata"] = {**case["metadata"], **fields.get("metadata", {})}
    case["evidence_details"]["has_evidence"] = True
    if fields.get("submit") == "true":
        case["evidence_details"]["submission_count"] = 1
        case["status"] = "under_review"
    return ""
