"""When an invoice is charged by itself, and when no more. Pure.

Why an attempt failed decides: what may be better in some days is tried again, what a person must mend is not. Banks
punish those who try a dead card again and again (Visa and Mastercard call such codes "do not retry").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

#: One attempt on the due date, one three and one seven days later.
USUAL_DAYS: Final = (0, 3, 7)
USUAL_NOTICE: Final = 2
#: Why an attempt waits whose provider is down, and how long before it is looked at again: others have their turn.
WAITS: Final = "provider_down"
ASIDE: Final = timedelta(minutes=15)
#: Why an attempt was stopped whose payer ended the agreement: it is planned again where they agree anew.
ENDED: Final = "ended"
MOST_ATTEMPTS: Final = 8
LONGEST_WAIT: Final = 60

_KEYS: Final = "autopay-"

#: Nothing gets better by waiting: the method is gone or wrong, or its owner must do something.
HARD: Final = frozenset(
    {
        "account_closed",
        "amount_unsupported",
        "authentication_failed",
        "authentication_required",
        "card_not_supported",
        "currency_not_supported",
        "debit_refused",
        "expired_card",
        "incorrect_cvc",
        "incorrect_number",
        "lost_card",
        "mandate_invalid",
        "method_unsupported",
        "no_method",
        "pickup_card",
        "resource_missing",
        "restricted_card",
        "revocation_of_authorization",
        "saved_method_unknown",
        "stolen_card",
    }
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Days after the due date, ascending, and days of notice before the first."""

    days: tuple[int, ...] = USUAL_DAYS
    notice_days: int = USUAL_NOTICE


def key_of(charge_id: UUID) -> str:
    """The key of the payment that an attempt becomes."""
    return f"{_KEYS}{charge_id}"


def is_by_agreement(key: str) -> bool:
    """Was the payment with this key charged by itself?"""
    return key.startswith(_KEYS)


def first_attempt(plan: Plan, *, due_on: date) -> date:
    return due_on + timedelta(days=plan.days[0])


def told_in_time(plan: Plan, *, planned_on: date, today: date) -> date:
    """The day of the first attempt for a payer who is told today: not before the notice that they were promised."""
    return max(planned_on, today + timedelta(days=plan.notice_days))


def next_attempt(plan: Plan, *, number: int, code: str, due_on: date, today: date) -> date | None:
    """After attempt ``number`` (from 1) failed today with ``code``; ``None``: no more. Never the same day again."""
    if code in HARD or number >= len(plan.days):
        return None
    return max(due_on + timedelta(days=plan.days[number]), today + timedelta(days=1))


def checked_days(days: Sequence[int]) -> tuple[int, ...]:
    """Raises ``ValueError`` for what is no plan: each attempt is later than the one before."""
    found = tuple(days)
    if not 1 <= len(found) <= MOST_ATTEMPTS or list(found) != sorted(set(found)):
        raise ValueError(found)
    if found[0] < 0 or found[-1] > LONGEST_WAIT:
        raise ValueError(found)
    return found
