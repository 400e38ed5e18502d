"""The rows of the store as frozen values. Amounts are whole minor units; instants are text (see
``times``)."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self, cast

from allsquare_sandbox.money import share
from allsquare_sandbox.times import machine_now


class Record:
    """A row with the same names as its table."""

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        return cls(**{each.name: row[each.name] for each in fields(cls)})  # type: ignore[arg-type]  # all are dataclasses


@dataclass(frozen=True, slots=True)
class Account(Record):
    """One merchant: a key, a webhook endpoint, a tariff, a clock and a will to misbehave of its own, so that
    tests and demonstrations in one process do not disturb each other."""

    id: str
    name: str
    api_key: str
    owner: int
    webhook_url: str
    webhook_secret: str
    clock_offset: float
    card_basis_points: int
    card_fixed: int
    debit_fixed: int
    dispute_fee: int
    settlement_days: int
    debit_days: int
    daily_payouts: int
    paid_out_until: str
    created_at: str

    @property
    def now(self) -> datetime:
        return machine_now() + timedelta(seconds=self.clock_offset)

    def fee(self, method: str, amount: int) -> int:
        """What a charge costs. Never more than the charge itself."""
        fee = self.debit_fixed
        if method == Method.CARD:
            fee = share(amount, self.card_basis_points) + self.card_fixed
        return min(fee, amount)


class Method(StrEnum):
    CARD = "card"
    BANK_DEBIT = "bank_debit"


class ChargeStatus(StrEnum):
    """``requires_action`` waits for the payer, ``pending`` for the banks; the other three are ends."""

    REQUIRES_ACTION = "requires_action"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class Stage(StrEnum):
    """What a charge that requires action waits for."""

    DETAILS = "details"
    CHALLENGE = "challenge"


@dataclass(frozen=True, slots=True)
class Charge(Record):
    id: str
    account_id: str
    status: str
    stage: str
    amount: int
    currency: str
    method: str
    description: str
    return_url: str
    customer_email: str
    customer_name: str
    metadata: str
    attempt: str
    idempotency_key: str
    save_method: int
    scenario: str
    token: str
    brand: str
    last_four: str
    expires: str
    fee: int
    refunded: int
    disputed: int
    failure_code: str
    failure_message: str
    created_at: str
    succeeded_at: str
    reader: str
    asks_for_tip: int
    tip: int
    challenge: int
    due_at: str

    @property
    def labels(self) -> dict[str, str]:
        return cast(dict[str, str], json.loads(self.metadata))

    @property
    def refundable(self) -> int:
        return self.amount - self.refunded - self.disputed


@dataclass(frozen=True, slots=True)
class Reader(Record):
    """A device in the merchant's shop, to which payers hold their cards."""

    id: str
    account_id: str
    label: str
    online: int
    created_at: str


@dataclass(frozen=True, slots=True)
class SavedMethod(Record):
    """A card or mandate kept for later. The number is not kept, only how the sandbox shall behave."""

    token: str
    account_id: str
    kind: str
    scenario: str
    brand: str
    last_four: str
    expires: str
    created_at: str
    removed_at: str
    replaced_by: str


@dataclass(frozen=True, slots=True)
class Refund(Record):
    id: str
    account_id: str
    charge_id: str
    status: str  # pending, succeeded or failed
    amount: int
    currency: str
    reason: str
    metadata: str
    attempt: str
    idempotency_key: str
    failure_code: str
    failure_message: str
    created_at: str
    due_at: str

    @property
    def labels(self) -> dict[str, str]:
        return cast(dict[str, str], json.loads(self.metadata))


@dataclass(frozen=True, slots=True)
class Dispute(Record):
    id: str
    account_id: str
    charge_id: str
    status: str  # open, won or lost
    amount: int
    fee: int
    currency: str
    reason: str
    created_at: str
    closed_at: str


@dataclass(frozen=True, slots=True)
class Payout(Record):
    id: str
    account_id: str
    amount: int
    currency: str
    created_at: str
    arrives_on: str


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """One line of the provider's own books: ``amount`` adds to the merchant's balance, ``fee`` takes
    from it."""

    seq: int
    account_id: str
    kind: str
    currency: str
    amount: int
    fee: int
    source_id: str
    available_at: str
    payout_id: str
    at: str

    @property
    def net(self) -> int:
        return self.amount - self.fee


@dataclass(frozen=True, slots=True)
class Event(Record):
    id: str
    account_id: str
    kind: str
    object_id: str
    body: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Delivery(Record):
    """One event on its way to the merchant. ``next_try`` is machine time in seconds, not the account's clock:
    the merchant's server lives in real time."""

    id: str
    account_id: str
    event_id: str
    url: str
    flavour: str
    state: str  # waiting, delivered, refused, given_up or dropped
    tries: int
    next_try: float
    last_status: int
    last_error: str
    last_tried_at: str


@dataclass(frozen=True, slots=True)
class Mischief(Record):
    """A misbehaviour ordered in the panel. ``remaining`` of ``None`` means until it is cleared."""

    id: str
    account_id: str
    kind: str
    scope: str
    remaining: int | None
    probability: float
    seconds: float
    copies: int
    seed: int
    draws: int
    hits: int
    created_at: str
