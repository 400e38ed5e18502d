"""The directory of caught mails: one ``.eml`` file each, as it came over the wire, and an index with a JSON line each.

The catcher writes it, pages and the walkthrough read it. Needs no settings and no database.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from pathlib import Path

from django.utils.translation import gettext as _

from allsquare.core.clock import now
from allsquare.core.errors import NotFound
from allsquare.core.ids import new_id

_INDEX = "index.jsonl"


class CaughtUnknown(NotFound):
    """No such mail was caught."""

    code = "caught_unknown"


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class CaughtMail:
    """``sender`` and ``recipients`` are the envelope's; what the headers claim is read from the file when asked."""

    id: str
    caught_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    path: Path

    @cached_property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.path.read_bytes(), policy=default)
        if not isinstance(parsed, EmailMessage):
            raise TypeError("the default policy makes EmailMessages")
        return parsed

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        """As it came. Show it only where no script can run."""
        return self._body("html")

    @property
    def attachments(self) -> list[Attachment]:
        """Files that a reader may save; pictures inside the text are not among them."""
        return [
            Attachment(part.get_filename() or "file", part.get_content_type(), _content(part))
            for part in self.message.walk()
            if part.get_content_disposition() == "attachment"
        ]

    @property
    def pictures(self) -> dict[str, Attachment]:
        """Pictures inside the text, by their Content-ID without its angle brackets."""
        return {
            str(part["Content-ID"]).strip("<> "): Attachment("", part.get_content_type(), _content(part))
            for part in self.message.walk()
            if part["Content-ID"] and part.get_content_maintype() == "image"
        }

    def _body(self, kind: str) -> str:
        body = self.message.get_body(preferencelist=(kind,))
        return str(body.get_content()) if body else ""


def keep(directory: Path, *, sender: str, recipients: list[str], content: bytes) -> CaughtMail:
    """Keep one mail; when this returns a killed process no longer loses it."""
    directory.mkdir(parents=True, exist_ok=True)
    headers = message_from_bytes(content, policy=default)
    mail_id = new_id().hex
    unfinished = directory / f".{mail_id}"
    unfinished.write_bytes(content)
    unfinished.replace(directory / f"{mail_id}.eml")
    entry = {
        "id": mail_id,
        "caught_at": now(None).isoformat(),
        "sender": sender,
        "recipients": recipients,
        "subject": str(headers["Subject"] or "").strip(),
        "message_id": str(headers["Message-ID"] or "").strip(),
    }
    line = json.dumps(entry)
    handle = os.open(directory / _INDEX, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "ab", buffering=0) as index:
        index.write(f"{line}\n".encode())  # one write: two mails at once do not mix
    return _read(directory, line)


def caught(directory: Path) -> list[CaughtMail]:
    """All mails, newest first."""
    index = directory / _INDEX
    if not index.exists():
        return []
    return [_read(directory, line) for line in reversed(index.read_text(encoding="utf-8").splitlines())]


def get(directory: Path, mail_id: str) -> CaughtMail:
    """Raises :class:`CaughtUnknown`."""
    for mail in caught(directory):
        if mail.id == mail_id:
            return mail
    raise CaughtUnknown(_("No such mail was caught."))


def _read(directory: Path, line: str) -> CaughtMail:
    entry = json.loads(line)
    return CaughtMail(
        id=entry["id"],
        caught_at=datetime.fromisoformat(entry["caught_at"]),
        sender=entry["sender"],
        recipients=tuple(entry["recipients"]),
        subject=entry["subject"],
        message_id=entry["message_id"],
        path=directory / f"{entry['id']}.eml",
    )


def _content(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
