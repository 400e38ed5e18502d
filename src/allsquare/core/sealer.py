"""Numbering events and chaining their hashes, so that a later edit shows.

Each organization has a chain: an event's digest is SHA-256 over the digest before it and the event's canonical
bytes. The head of the chain is signed with a key that is not in the database, derived from
``ENCRYPTION_KEYS`` (which can be rotated, unlike a chain); so somebody who may write every table, but has not
the key, cannot edit the log, cut its tail or write the chain anew without being seen. What this cannot show is a
return to an earlier state of *all* tables, signed head included: that takes a copy of a head kept elsewhere.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction

from allsquare.core import bulk
from allsquare.core.events import follow
from allsquare.core.models import Event, EventChain, EventReader

READER = "sealer"


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """Where the chain breaks; ``event_id`` is the event that was edited, removed or slipped in."""

    event_id: UUID | None
    text: str


def seal(*, limit: int = 2000) -> int:
    """Seal the next events of all organizations; returns how many. Two sealers at once do not meet."""
    return follow(READER, _seal_batch, limit=limit)


def _seal_batch(events: Sequence[Event]) -> None:
    by_organization = sorted(events, key=attrgetter("organization_id"))  # stable: log order stays within each
    rows: list[tuple[UUID, int, UUID, bytes]] = []
    for organization_id, group in groupby(by_organization, key=attrgetter("organization_id")):
        EventChain.objects.get_or_create(organization_id=organization_id)
        chain = EventChain.objects.select_for_update().get(organization_id=organization_id)
        sequence, digest = chain.sequence, bytes(chain.digest)
        for event in group:
            sequence += 1
            digest = _link(digest, event_bytes(_fields(event)))
            rows.append((organization_id, sequence, event.id, digest))
        chain.sequence, chain.digest = sequence, digest
        chain.signature = _sign(_signing_keys()[0], organization_id, sequence, digest)
        chain.save()
    bulk.insert(
        "event_seal",
        {
            "organization_id": ("uuid", [row[0] for row in rows]),
            "sequence": ("bigint", [row[1] for row in rows]),
            "event_id": ("uuid", [row[2] for row in rows]),
            "digest": ("bytea", [row[3] for row in rows]),
        },
    )


def verify_chain(organization_id: UUID) -> Iterator[ChainProblem]:
    """Every place where the log is not what was sealed. Streams; memory does not grow with the log."""
    digest, sequence = b"", 0
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_SEALED, [organization_id])
        for number, event_id, stored, *fields in cursor:
            if number != sequence + 1:
                yield ChainProblem(event_id, f"seals {sequence + 1} to {number - 1} are missing")
            if fields[0] is None:
                yield ChainProblem(event_id, f"event {number} was removed")
            elif _link(digest, event_bytes(_row_fields(fields))) != bytes(stored):
                yield ChainProblem(event_id, f"event {number} is not what was sealed")
            digest, sequence = bytes(stored), number
    yield from _check_head(organization_id, sequence, digest)
    yield from _slipped_in(organization_id)


_COLUMNS = (
    "id",
    "organization_id",
    "kind",
    "subject_type",
    "subject_id",
    "actor_kind",
    "actor_id",
    "actor_label",
    "address",
    "request",
    "data",
    "at",
)
_SEALED = f"""SELECT s.sequence, s.event_id, s.digest, {", ".join(f"e.{name}" for name in _COLUMNS)}
    FROM event_seal s LEFT JOIN event e ON e.id = s.event_id AND e.organization_id = s.organization_id
    WHERE s.organization_id = %s ORDER BY s.sequence"""  # noqa: S608  # names from this file alone


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _COLUMNS}


def _row_fields(row: Sequence[Any]) -> dict[str, Any]:
    fields = dict(zip(_COLUMNS, row, strict=True))
    if isinstance(fields["data"], str):  # a plain cursor leaves jsonb as text
        fields["data"] = json.loads(fields["data"])
    return fields


def event_bytes(fields: dict[str, Any]) -> bytes:
    """The canonical form of an event: JSON with sorted keys, times in UTC."""
    at: datetime = fields["at"]
    plain = {**fields, "at": at.astimezone(UTC).isoformat()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False).encode()


def _link(digest: bytes, event: bytes) -> bytes:
    return sha256(digest + event).digest()


def _signing_keys() -> list[bytes]:
    return [
        HKDF(algorithm=SHA256(), length=32, salt=None, info=b"allsquare event chain").derive(key.encode())
        for key in settings.ENCRYPTION_KEYS
    ]


def _sign(key: bytes, organization_id: UUID, sequence: int, digest: bytes) -> bytes:
    return hmac.digest(key, organization_id.bytes + sequence.to_bytes(8, "big") + digest, "sha256")


def _check_head(organization_id: UUID, sequence: int, digest: bytes) -> Iterator[ChainProblem]:
    head = EventChain.objects.filter(organization_id=organization_id).first()
    if head is None:
        if sequence:
            yield ChainProblem(None, "the head of the chain was removed")
        return
    if (head.sequence, bytes(head.digest)) != (sequence, digest):
        yield ChainProblem(
            None, f"the chain ends at {sequence}, its head says {head.sequence}: the tail was cut"
        )
    good = [_sign(key, organization_id, head.sequence, bytes(head.digest)) for key in _signing_keys()]
    if not any(hmac.compare_digest(bytes(head.signature), signature) for signature in good):
        yield ChainProblem(None, "the head of the chain is not signed with our key")


def _slipped_in(organization_id: UUID) -> Iterator[ChainProblem]:
    """Events that stand before the sealer's position and yet were never sealed."""
    reader = EventReader.objects.filter(name=READER).first()
    if reader is None:
        return
    rows = bulk.run(
        """SELECT e.id FROM event e
           WHERE e.organization_id = %s AND (e.xact, e.id) <= (%s::xid8, %s::uuid)
               AND NOT EXISTS (SELECT 1 FROM event_seal s WHERE s.event_id = e.id AND s.organization_id = %s)
           ORDER BY e.id LIMIT 1000""",
        [organization_id, reader.xact, reader.event_id, organization_id],
    )
    for (event_id,) in rows:
        yield ChainProblem(event_id, "the event was slipped in behind the sealer")
