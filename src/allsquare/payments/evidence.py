"""Files that are to show something: which kind they really are, and how many and how large they may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from allsquare.core.errors import FieldErrors
from allsquare.payments.gateway_abilities import EvidenceKind

#: A name and a browser's word prove nothing: the kind is told by how a file begins.
_HEADS: Final = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
)
#: Bytes, of all files of an answer together: what card networks take is about this.
MOST_BYTES: Final = 4_500_000
LONGEST_TEXT: Final = 20_000

#: What a person calls each kind of file.
NAMES: Final[dict[EvidenceKind, StrPromise]] = {
    EvidenceKind.RECEIPT: gettext_lazy("Order, invoice or receipt"),
    EvidenceKind.CORRESPONDENCE: gettext_lazy("What you wrote to each other"),
    EvidenceKind.DELIVERY: gettext_lazy("Proof of delivery"),
    EvidenceKind.SERVICE: gettext_lazy("Proof that the service was given"),
    EvidenceKind.OTHER: gettext_lazy("Anything else"),
}


@dataclass(frozen=True, slots=True)
class Given:
    """As somebody uploaded it."""

    name: str
    data: bytes
    kind: EvidenceKind = EvidenceKind.OTHER


@dataclass(frozen=True, slots=True)
class Checked:
    """``name`` is one that no system misunderstands, and ends as its kind does."""

    name: str
    media_type: str
    data: bytes
    kind: EvidenceKind


def checked_files(given: Sequence[Given]) -> tuple[Checked, ...]:
    """One of each kind at most, since a bank asks for each by itself. Raises ``FieldErrors``, by kind."""
    kinds = [each.kind for each in given]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice is not None:
        raise FieldErrors({twice.value: _("Of each kind one file can be sent: put all pages into one PDF.")})
    check_size({each.kind: len(each.data) for each in given})
    return tuple(_checked(each) for each in given)


def check_size(sizes: dict[EvidenceKind, int]) -> None:
    """Bytes of each. Raises ``FieldErrors`` at the largest."""
    size = sum(sizes.values())
    if size > MOST_BYTES:
        told = {"size": size // 1000, "most": MOST_BYTES // 1000}
        largest = max(sizes, key=lambda kind: sizes[kind])
        raise FieldErrors(
            {largest.value: _("The files have %(size)s kB together; %(most)s are allowed.") % told}
        )


def _checked(given: Given) -> Checked:
    for head, media_type, ending in _HEADS:
        if given.data.startswith(head):
            return Checked(_name(given.name, ending), media_type, given.data, given.kind)
    raise FieldErrors(
        {given.kind.value: _("%(name)s is no PDF, PNG or JPEG file.") % {"name": given.name[:80] or "?"}}
    )


def _name(name: str, ending: str) -> str:
    last = re.split(r"[/\\]", name)[-1]
    stem = re.sub(r"[^\w .()-]+", "_", last.rpartition(".")[0] or last).strip(" .")
    return (stem[:100] or "file") + ending
