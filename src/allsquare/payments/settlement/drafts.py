"""The facts that a batch will write."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from allsquare.core.events import Data
from allsquare.payments.settlement.locked import LockedPayment


@dataclass(frozen=True, slots=True)
class AllocationDraft:
    payment_id: UUID
    invoice_id: UUID
    amount_minor: int
    base_minor: int
    currency: str
    source_id: UUID


@dataclass(frozen=True, slots=True)
class CreditDraft:
    payment: LockedPayment
    amount_minor: int
    base_minor: int
    reason: str
    source_id: UUID


@dataclass(frozen=True, slots=True)
class ConversionDraft:
    source_type: str
    source_id: UUID
    kind: str
    currency: str
    amount_minor: int
    into_currency: str
    into_minor: int
    fee_minor: int


@dataclass(frozen=True, slots=True)
class AttentionDraft:
    kind: str
    subject_type: str
    subject_id: UUID
    data: Data
