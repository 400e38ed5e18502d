"""Marks stand for what identifies a payer: the same thing has the same mark, and a mark does not say what.

HMAC-SHA-256 under a secret of the organization's own (the addresses of a continent are tried in seconds against a plain
hash), cut to 128 bits. Rows of two organizations cannot be led together by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from typing import Final

from allsquare.core.networks import neighbourhood
from allsquare.risk.models import RiskEntry

K = RiskEntry.Kind
_BYTES: Final = 16


def mark(secret: str, kind: str, value: str) -> bytes:
    """Of ``value`` as :func:`plain` has it."""
    return digest(secret.encode(), f"{kind}:{plain(kind, value)}".encode(), sha256)[:_BYTES]


def plain(kind: str, value: str) -> str:
    """One spelling for one thing: mail without case, an IPv6 address as its /64 (one household has all of it)."""
    value = value.strip()
    if kind == K.ADDRESS:
        # As a person may type it: what is neither an address nor one /64 stands for nobody.
        return neighbourhood(value.removesuffix("/64") if ":" in value else value.removesuffix("/32"))
    if kind == K.COUNTRY:
        return value.upper()
    if kind == K.DOMAIN:
        return value.lower().removeprefix("@")
    return value if kind == K.CARD else value.lower()


@dataclass(frozen=True, slots=True)
class Marks:
    """Those of one attempt; ``None`` for what is not known."""

    address: bytes | None
    mail: bytes | None
    domain: bytes | None
    country: bytes | None

    @property
    def listed(self) -> list[bytes]:
        """What may stand on a list."""
        return [each for each in (self.address, self.mail, self.domain, self.country) if each]

    @property
    def queues(self) -> Sequence[bytes]:
        """Whose counts must not be read by two attempts at once; in one order, so that none waits for the other."""
        return sorted(each for each in (self.address, self.mail) if each)


def marks_of(secret: str, *, address: str, mail: str, country: str) -> Marks:
    domain = mail.rpartition("@")[2]
    return Marks(
        address=mark(secret, K.ADDRESS, address) if address else None,
        mail=mark(secret, K.MAIL, mail) if mail else None,
        domain=mark(secret, K.DOMAIN, domain) if domain else None,
        country=mark(secret, K.COUNTRY, country) if country else None,
    )
