"""The states of a payment and of a refund. They only move forward, so late and repeated news changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


class PaymentState(StrEnum):
    STARTED = "started"
    UNKNOWN = "unknown"  # we are asking the provider
    NEEDS_ACTION = "needs_action"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def label(self) -> str:
        return str(capfirst(WORDS[self]))


P = PaymentState
WORDS: Final[Mapping[PaymentState, StrPromise]] = {
    P.STARTED: _("started"),
    P.UNKNOWN: _("unknown"),
    P.NEEDS_ACTION: _("needs action"),
    P.PENDING: _("pending"),
    P.SUCCEEDED: _("succeeded"),
    P.DECLINED: _("declined"),
    P.FAILED: _("failed"),
    P.CANCELED: _("canceled"),
}
#: For a model's field: evaluated when shown, in the language of whoever reads.
CHOICES: Final = [(state.value, capfirst(word)) for state, word in WORDS.items()]

OPEN = frozenset({P.STARTED, P.UNKNOWN, P.NEEDS_ACTION, P.PENDING})
ENDED_UNPAID = frozenset({P.DECLINED, P.FAILED, P.CANCELED})

#: Money is truth: a provider that reports a capture after a decline is believed (the payer tried another card on
#: the provider's page). Nothing leads out of ``succeeded``; refunds and disputes are facts of their own.
TRANSITIONS: frozenset[tuple[PaymentState, PaymentState]] = frozenset(
    {
        *((P.STARTED, new) for new in PaymentState if new is not P.STARTED),
        *((P.UNKNOWN, new) for new in PaymentState if new not in (P.STARTED, P.UNKNOWN)),
        *((P.NEEDS_ACTION, new) for new in (P.PENDING, P.SUCCEEDED, P.DECLINED, P.FAILED, P.CANCELED)),
        *((P.PENDING, new) for new in (P.SUCCEEDED, P.DECLINED, P.FAILED, P.CANCELED)),
        *((old, P.SUCCEEDED) for old in ENDED_UNPAID),
    }
)


#: By the word of a provider that was asked how the payment is now, and not by news that may be late: a debit that had
#: failed is tried once more there.
TRIED_AGAIN: Final = (P.FAILED, P.PENDING)


class RefundState(StrEnum):
    STARTED = "started"
    UNKNOWN = "unknown"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


R = RefundState
REFUND_OPEN = frozenset({R.STARTED, R.UNKNOWN, R.PENDING})
REFUND_TRANSITIONS: frozenset[tuple[RefundState, RefundState]] = frozenset(
    {
        *((R.STARTED, new) for new in (R.UNKNOWN, R.PENDING, R.SUCCEEDED, R.FAILED)),
        *((R.UNKNOWN, new) for new in (R.PENDING, R.SUCCEEDED, R.FAILED)),
        *((R.PENDING, new) for new in (R.SUCCEEDED, R.FAILED)),
        (R.FAILED, R.SUCCEEDED),
        (R.SUCCEEDED, R.FAILED),  # a bank refuses the money days later
    }
)


class DisputeState(StrEnum):
    OPENED = "opened"
    WON = "won"
    LOST = "lost"


class PayoutState(StrEnum):
    """Nothing leads out of ``failed``: a provider that sends the sum again makes a payout of its own here."""

    PAID = "paid"
    FAILED = "failed"


class InboxState(StrEnum):
    RECEIVED = "received"
    DONE = "done"
    PARKED = "parked"  # could not be digested; a person sees it


class InquiryState(StrEnum):
    """Of a long question to a provider. What stopped or failed goes on where it was."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


INQUIRY_UNDER_WAY: Final = frozenset({InquiryState.QUEUED, InquiryState.RUNNING})


def shown_state(state: str, *, captured_minor: int, refunded_minor: int, disputed_minor: int) -> str:
    """As people see it: what became of money that had arrived over *succeeded*."""
    if state == P.SUCCEEDED and disputed_minor:
        return "disputed"
    if state == P.SUCCEEDED and refunded_minor:
        return "refunded" if refunded_minor >= captured_minor else "partly_refunded"
    return state
