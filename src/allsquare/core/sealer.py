"""Numbering events and chaining their hashes, so that a later edit shows.

Each organization has a chain: an event's digest is SHA-256 over the digest before it and the event's canonical
bytes. The head of the chain is signed with a key that is not in the database, derived from
``ENCRYPTION_KEYS`` (which can be rotated, unlike a chain); so somebody who may write every table, but has not
the key, cannot edit the log, cut its tail or write the chain anew without being seen. What this cannot show is
that seals, signed head and place of the sealer were together put back to what they once were, or removed and
sealed afresh: that takes a copy of a head kept elsewhere.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from allsquare.core import bulk
from allsquare.core.encryption import SecretUnreadable
from allsquare.core.errors import AllsquareError
from allsquare.core.events import follow, read_parked
from allsquare.core.models import Event, EventChain, EventSeal

READER = "sealer"

#: Organization → (number, digest) of its last sealed event.
Heads = dict[UUID, tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """Where the chain breaks; ``event_id`` is the event that was edited, removed or slipped in."""

    event_id: UUID | None
    text: str


class ChainNotOurs(AllsquareError):
    """Somebody else wrote the head of this chain, or its key was dropped. Signing it would hide that."""

    code = "event_chain_not_ours"
    status = 500


def seal(*, limit: int = 2000) -> int:
    """Seal the next events of all organizations; returns how many. Two sealers at once do not meet.

    Raises :class:`SecretUnreadable` when there is no key to sign with, and then has sealed nothing.
    """
    _signing_keys()  # asked before the log is read: an event must not be parked for want of a key
    return follow(READER, _seal_batch, limit=limit)


def _seal_batch(events: Sequence[Event]) -> None:
    by_organization = sorted(events, key=attrgetter("organization_id"))  # stable: log order stays within each
    heads = _locked_heads(sorted({event.organization_id for event in events}))
    seals: list[tuple[UUID, int, UUID, bytes]] = []
    for organization_id, group in groupby(by_organization, key=attrgetter("organization_id")):
        sequence, digest = heads[organization_id]
        for event in group:
            sequence += 1
            digest = _link(digest, event_bytes(event))
            seals.append((organization_id, sequence, event.id, digest))
        heads[organization_id] = sequence, digest
    bulk.insert(
        "event_seal",
        {
            "organization_id": ("uuid", [row[0] for row in seals]),
            "sequence": ("bigint", [row[1] for row in seals]),
            "event_id": ("uuid", [row[2] for row in seals]),
            "digest": ("bytea", [row[3] for row in seals]),
        },
    )
    _move_heads(heads)


def _locked_heads(organizations: Sequence[UUID]) -> Heads:
    """Sequence and digest at the end of each chain; the heads stay locked until the transaction ends."""
    bulk.insert(
        "event_chain",
        {
            "organization_id": ("uuid", organizations),
            "sequence": ("bigint", [0] * len(organizations)),
            "digest": ("bytea", [b""] * len(organizations)),
            "signature": ("bytea", [b""] * len(organizations)),
        },
        otherwise="ON CONFLICT DO NOTHING",
    )
    chains = EventChain.objects.select_for_update(no_key=True).filter(organization_id__in=organizations)
    heads: Heads = {}
    for chain in chains.order_by("organization_id"):
        if chain.sequence and not _is_signed(chain):
            raise ChainNotOurs(
                _(
                    "The head of the event chain is not signed with our key. Nothing was sealed behind it. "
                    "Ask `allsquare verify` where the chain breaks, or put the key back that signed it."
                ),
                organization=str(chain.organization_id),
            )
        heads[chain.organization_id] = _end(chain)
    return heads


def _move_heads(heads: Heads) -> None:
    key = _signing_keys()[0]
    bulk.update(
        "event_chain",
        {
            "organization_id": ("uuid", list(heads)),
            "sequence": ("bigint", [sequence for sequence, _ in heads.values()]),
            "digest": ("bytea", [digest for _, digest in heads.values()]),
            "signature": ("bytea", [_sign(key, org, *end) for org, end in heads.items()]),
        },
        match=["organization_id"],
    )


def seal_parked() -> int:
    """Seal what could not be sealed while a key was missing; returns how many events."""
    return read_parked(READER, _seal_batch)


def sign_heads_anew() -> int:
    """Sign the head of every chain with the newest key; returns how many. Then the old key may be dropped.

    A head that no key in use has signed is left as it is: signing it would hide that it was tampered with.
    """
    with transaction.atomic():
        chains = EventChain.objects.select_for_update(no_key=True).order_by("organization_id")
        good = {chain.organization_id: _end(chain) for chain in chains if _is_signed(chain)}
        _move_heads(good)
    return len(good)


#: The sealer's place is its own note and, should that be gone, the last event that it sealed here.
_PASSED: Final = """
    WITH passed AS (
        SELECT r.xact, r.event_id FROM event_reader r WHERE r.name = %(reader)s AND r.event_id IS NOT NULL
        UNION ALL (
            SELECT e.xact, e.id FROM event_seal s JOIN event e ON e.id = s.event_id
            WHERE s.organization_id = %(organization)s ORDER BY s.sequence DESC LIMIT 1)
    ), furthest AS MATERIALIZED (
        SELECT xact, event_id FROM passed ORDER BY xact DESC, event_id DESC LIMIT 1
    )
"""
#: Of events ``e``: what the sealer passed, and what claims a transaction which has not begun.
_MUST_BE_SEALED: Final = """
    e.organization_id = %(organization)s
    AND e.xact IS DISTINCT FROM pg_current_xact_id_if_assigned()
    AND (e.xact >= pg_snapshot_xmax(pg_current_snapshot()) OR (e.xact, e.id) <= (p.xact, p.event_id))
"""
#: How many seals are looked at together, and how many problems of one sort are named.
_PAGE = 1000
#: So many of the newest pages are hashed in every check, however large the log.
_NEWEST = 100
#: In so many nights each of the other pages is hashed once.
NIGHTS: Final = 30


def verify_chain(organization_id: UUID, *, night: int | None = None) -> Iterator[ChainProblem]:
    """Every place where the log is not what was sealed. Streams; memory does not grow with the log.

    Events may be written and sealed meanwhile: what counts is what was sealed when this began. All seals are looked
    at, and hashed is every event; or with ``night``, any number that grows by one a day, the newest events and every
    :data:`NIGHTS`-th page of the others, the night's own. Then seals and events are put beside one another only where
    they do not come to the same (:func:`_is_whole`).
    """
    head = EventChain.objects.filter(organization_id=organization_id).first()
    up_to = head.sequence if head else 0
    is_whole = night is not None and _is_whole(organization_id, up_to)
    if not is_whole:
        yield from _gaps(organization_id, up_to)
        yield from _removed(organization_id, up_to)
    for page in _pages(up_to, night):
        yield from _edited(organization_id, first=page * _PAGE + 1, last=min((page + 1) * _PAGE, up_to))
    yield from _check_head(head, *_last_seal(organization_id, up_to))
    yield from _beyond_head(organization_id)
    if not is_whole:
        yield from _slipped_in(organization_id)


def _is_whole(organization_id: UUID, up_to: int) -> bool:
    """Is every number up to the head given, and has each event that the sealer passed a seal, and each seal its event?

    By sums of hashes that hang on a number drawn by lot: two sets that differ come to the same in one case of 2^64.
    """
    ((numbers, all_numbers, seals, events),) = bulk.run(
        f"""{_PASSED}
            SELECT coalesce(sum(hashint8extended(s.sequence, %(lot)s)), 0),
                (SELECT coalesce(sum(hashint8extended(n, %(lot)s)), 0) FROM generate_series(1, %(up_to)s::bigint) n),
                coalesce(sum(uuid_hash_extended(s.event_id, %(lot)s)), 0),
                (SELECT coalesce(sum(uuid_hash_extended(e.id, %(lot)s)), 0)
                    FROM event e LEFT JOIN furthest p ON true WHERE {_MUST_BE_SEALED})
            FROM event_seal s WHERE s.organization_id = %(organization)s""",  # noqa: S608  # our own text
        {"reader": READER, "organization": organization_id, "up_to": up_to, "lot": secrets.randbits(62)},
    )
    return bool(numbers == all_numbers and seals == events)


def _pages(up_to: int, night: int | None) -> Iterator[int]:
    """A page holds the same seals for ever, so that none is left out when the log grows."""
    pages = -(-up_to // _PAGE)
    for page in range(pages):
        if night is None or page >= pages - _NEWEST or page % NIGHTS == night % NIGHTS:
            yield page


def _gaps(organization_id: UUID, up_to: int) -> Iterator[ChainProblem]:
    rows = bulk.run(
        """SELECT sequence, event_id, before FROM (
               SELECT sequence, event_id, lag(sequence, 1, 0::bigint) OVER (ORDER BY sequence) AS before
               FROM event_seal WHERE organization_id = %s AND sequence BETWEEN 1 AND %s
           ) s WHERE sequence <> before + 1 ORDER BY sequence LIMIT %s""",
        [organization_id, up_to, _PAGE],
    )
    for sequence, event_id, before in rows:
        yield ChainProblem(event_id, f"seals {before + 1} to {sequence - 1} are missing")


def _removed(organization_id: UUID, up_to: int) -> Iterator[ChainProblem]:
    rows = bulk.run(
        """SELECT s.sequence, s.event_id
           FROM event_seal s LEFT JOIN event e ON e.id = s.event_id AND e.organization_id = s.organization_id
           WHERE s.organization_id = %s AND s.sequence BETWEEN 1 AND %s AND e.id IS NULL
           ORDER BY s.sequence LIMIT %s""",
        [organization_id, up_to, _PAGE],
    )
    for sequence, event_id in rows:
        yield ChainProblem(event_id, f"event {sequence} was removed")


def _edited(organization_id: UUID, *, first: int, last: int) -> Iterator[ChainProblem]:
    """A seal needs no more of the chain than the digest before it, so that any part can be hashed by itself."""
    rows = bulk.run(
        f"""SELECT s.sequence, s.event_id, s.digest, e.at, {", ".join(f"e.{name}" for name in _SEALED_FIELDS)}
            FROM event_seal s LEFT JOIN event e ON e.id = s.event_id AND e.organization_id = s.organization_id
            WHERE s.organization_id = %s AND s.sequence BETWEEN %s AND %s
            ORDER BY s.sequence""",  # noqa: S608  # our own text
        [organization_id, first - 1, last],
    )
    before = b""
    for sequence, event_id, digest, at, *values in rows:
        if sequence >= first and at is not None:
            plain = dict(zip(_SEALED_FIELDS, values, strict=True))
            plain["data"] = json.loads(plain["data"])
            if _link(before, _canonical(plain, at)) != bytes(digest):
                yield ChainProblem(event_id, f"event {sequence} is not what was sealed")
        before = bytes(digest)


def _last_seal(organization_id: UUID, up_to: int) -> tuple[int, bytes]:
    mine = EventSeal.objects.filter(organization_id=organization_id, sequence__lte=up_to)
    last = mine.order_by("-sequence").first()
    return (last.sequence, bytes(last.digest)) if last else (0, b"")


_SEALED_FIELDS = (
    *("id", "organization_id", "kind", "subject_type", "subject_id"),
    *("actor_kind", "actor_id", "actor_label", "address", "request", "data"),
)


def event_bytes(event: Event) -> bytes:
    """The canonical form of an event: JSON with sorted keys, the time in UTC. ``xact`` is left out: it means
    something in one database cluster only, and changes when a backup is restored."""
    return _canonical({name: getattr(event, name) for name in _SEALED_FIELDS}, event.at)


def _canonical(plain: Mapping[str, object], at: datetime) -> bytes:
    return _JSON.encode({**plain, "at": at.astimezone(UTC).isoformat()}).encode()


_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)


def _link(digest: bytes, event: bytes) -> bytes:
    return sha256(digest + event).digest()


def _signing_keys() -> list[bytes]:
    """One per encryption key, newest first; HKDF (RFC 5869) keeps the two uses of a key apart."""
    if not settings.ENCRYPTION_KEYS:
        raise SecretUnreadable(_("No encryption key is set. Set ALLSQUARE_ENCRYPTION_KEYS."))
    return [
        HKDF(algorithm=SHA256(), length=32, salt=None, info=b"allsquare event chain").derive(key.encode())
        for key in settings.ENCRYPTION_KEYS
    ]


def _sign(key: bytes, organization_id: UUID, sequence: int, digest: bytes) -> bytes:
    return hmac.digest(key, organization_id.bytes + sequence.to_bytes(8, "big") + digest, "sha256")


def _end(chain: EventChain) -> tuple[int, bytes]:
    return chain.sequence, bytes(chain.digest)


def _is_signed(chain: EventChain) -> bool:
    good = (_sign(key, chain.organization_id, *_end(chain)) for key in _signing_keys())
    return any(hmac.compare_digest(bytes(chain.signature), signature) for signature in good)


def _check_head(head: EventChain | None, sequence: int, digest: bytes) -> Iterator[ChainProblem]:
    if head is None:
        return  # seals without a head are told of by _beyond_head
    if _end(head) != (sequence, digest):
        yield ChainProblem(
            None, f"the chain ends at {sequence}, its head says {head.sequence}: the tail was cut"
        )
    if not _is_signed(head):
        yield ChainProblem(None, "the head of the chain is not signed with our key")


def _beyond_head(organization_id: UUID) -> Iterator[ChainProblem]:
    """Seals that no head covers: it was removed or put back. One statement, so that sealing under way is whole."""
    rows = bulk.run(
        """SELECT s.sequence, s.event_id
           FROM event_seal s LEFT JOIN event_chain c ON c.organization_id = s.organization_id
           WHERE s.organization_id = %s AND s.sequence > coalesce(c.sequence, 0)
           ORDER BY s.sequence LIMIT 1""",
        [organization_id],
    )
    for sequence, event_id in rows:
        yield ChainProblem(event_id, f"from seal {sequence} on the head of the chain is missing")


def _slipped_in(organization_id: UUID) -> Iterator[ChainProblem]:
    """Events without a seal that the sealer has passed, or that claim a transaction which has not begun."""
    rows = bulk.run(
        f"""{_PASSED}
            SELECT e.id, e.xact >= pg_snapshot_xmax(pg_current_snapshot())
            FROM event e LEFT JOIN furthest p ON true
            WHERE {_MUST_BE_SEALED} AND NOT EXISTS (
                SELECT 1 FROM event_seal s WHERE s.event_id = e.id AND s.organization_id = %(organization)s)
            ORDER BY e.xact, e.id LIMIT %(limit)s""",  # noqa: S608  # our own text
        {"reader": READER, "organization": organization_id, "limit": _PAGE},
    )
    for event_id, not_begun in rows:
        why = (
            "claims a transaction that has not begun"
            if not_begun
            else "has no seal, though the sealer passed it"
        )
        yield ChainProblem(event_id, f"the event {why}")
