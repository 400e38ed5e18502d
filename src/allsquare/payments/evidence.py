"""Files that are to show something: which kind they really are, and how many and how large they may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from allsquare.core.errors import FieldErrors

#: A name and a browser's word prove nothing: the kind is told by how a file begins.
_HEADS: Final = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
)
MOST_FILES: Final = 5
#: Bytes, of all files of an answer together: what card networks take is about this.
MOST_BYTES: Final = 4_500_000
LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Given:
    """As somebody uploaded it."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """``name`` is one that no system misunderstands, and ends as its kind does."""

    name: str
    media_type: str
    data: bytes


def checked_files(given: Sequence[Given]) -> tuple[Checked, ...]:
    """Raises ``FieldErrors``."""
    if len(given) > MOST_FILES:
        raise FieldErrors({"evidence": _("At most %(number)s files can be sent.") % {"number": MOST_FILES}})
    size = sum(len(each.data) for each in given)
    if size > MOST_BYTES:
        told = {"size": size // 1000, "most": MOST_BYTES // 1000}
        raise FieldErrors(
            {"evidence": _("The files have %(size)s kB together; %(most)s are allowed.") % told}
        )
    return tuple(_checked(each) for each in given)


def _checked(given: Given) -> Checked:
    for head, media_type, ending in _HEADS:
        if given.data.startswith(head):
            return Checked(_name(given.name, ending), media_type, given.data)
    raise FieldErrors(
        {"evidence": _("%(name)s is no PDF, PNG or JPEG file.") % {"name": given.name[:80] or "?"}}
    )


def _name(name: str, ending: str) -> str:
    last = re.split(r"[/\\]", name)[-1]
    stem = re.sub(r"[^\w .()-]+", "_", last.rpartition(".")[0] or last).strip(" .")
    return (stem[:100] or "file") + ending
