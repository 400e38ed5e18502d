"""What all sources of an export have in common.

Each is read part by part, beginning at the place where the part before ended: a file of any length takes no more memory
than a short one, and a job that was cut off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from allsquare.connect.files.part import Record
from allsquare.connect.rows import Head
from allsquare.core.listing.counting import Count


@dataclass(frozen=True, slots=True)
class Part:
    """Some records; ``rows`` of them say how far it is. ``place`` is where the next begin, unless it ``ended``."""

    records: Sequence[Record]
    rows: int
    place: str
    ended: bool


class Source(Protocol):
    """Something that can be written into a file, read by a person or by a job later."""

    def kept(self) -> Mapping[str, Any]:
        """The parameters by which the same is found beyond midnight."""

    def count(self) -> Count:
        """How many rows are to be written."""

    def heads(self) -> Sequence[Head]:
        """One for each column."""

    def read(self, place: str, done: int, *, limit: int) -> Part:
        """Some ``limit`` rows after a ``place``, when ``done`` were read before."""
