"""Journal entries before they are posted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from allsquare.core.ids import new_id


@dataclass(frozen=True, slots=True)
class LineDraft:
    """``amount_minor`` in ``currency`` and ``base_minor`` in base currency, debit positive, credit negative."""

    account: UUID
    amount_minor: int
    currency: str
    base_minor: int
    customer_id: UUID | None = None
    document_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """What one fact books. ``kind`` and ``source_id`` together are booked at most once."""

    kind: str
    source_type: str
    source_id: UUID
    date: date
    lines: tuple[LineDraft, ...]
    memo: str = ""
    reverses_id: UUID | None = None
    id: UUID = field(default_factory=new_id)
