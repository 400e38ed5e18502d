"""The states of an invoice and the steps between them. "Overdue" is no state: it is shown over an open one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django_stubs_ext import StrPromise

from allsquare.core.errors import IllegalTransition


class InvoiceState(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    SENT = "sent"
    VIEWED = "viewed"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    CREDITED = "credited"
    VOID = "void"
    WRITTEN_OFF = "written_off"

    @property
    def word(self) -> str:
        """As it stands inside a sentence."""
        return str(WORDS[self])

    @property
    def label(self) -> str:
        """As it stands alone."""
        return str(capfirst(WORDS[self]))


S = InvoiceState
WORDS: Final[Mapping[InvoiceState, StrPromise]] = {
    S.DRAFT: _lazy("draft"),
    S.ISSUED: _lazy("issued"),
    S.SENT: _lazy("sent"),
    S.VIEWED: _lazy("viewed"),
    S.PARTLY_PAID: _lazy("partly paid"),
    S.PAID: _lazy("paid"),
    S.CREDITED: _lazy("credited"),
    S.VOID: _lazy("void"),
    S.WRITTEN_OFF: _lazy("written off"),
}
#: For a model's field: evaluated when shown, in the language of whoever reads.
CHOICES: Final = [(state.value, capfirst(word)) for state, word in WORDS.items()]

#: Payable: issued and something may be owed.
OPEN_STATES = frozenset({S.ISSUED, S.SENT, S.VIEWED, S.PARTLY_PAID})
#: Issued, and still true: money is owed for it, or came.
STANDING: Final = OPEN_STATES | {S.PAID}
#: Issued, and nobody waits for money any more, though not all of it came.
CLOSED: Final = frozenset({S.VOID, S.WRITTEN_OFF, S.CREDITED})

TRANSITIONS: frozenset[tuple[InvoiceState, InvoiceState]] = frozenset(
    {
        (S.DRAFT, S.ISSUED),
        (S.ISSUED, S.SENT),
        (S.ISSUED, S.VIEWED),
        (S.SENT, S.VIEWED),
        *((state, S.PARTLY_PAID) for state in (S.ISSUED, S.SENT, S.VIEWED)),
        *((state, S.PAID) for state in (S.ISSUED, S.SENT, S.VIEWED, S.PARTLY_PAID)),
        # By credit notes over all of it: then nothing is left that could be paid or owed.
        *((state, S.CREDITED) for state in (*OPEN_STATES, S.PAID)),
        *((state, S.VOID) for state in (S.ISSUED, S.SENT, S.VIEWED)),
        # A refund, a lost dispute or a bounced debit opens what was paid.
        (S.PAID, S.PARTLY_PAID),
        (S.PAID, S.VIEWED),
        (S.PARTLY_PAID, S.VIEWED),
        *((state, S.WRITTEN_OFF) for state in OPEN_STATES),
        *((S.WRITTEN_OFF, state) for state in OPEN_STATES),
    }
)


def check(old: InvoiceState, new: InvoiceState) -> None:
    """Raises :class:`IllegalTransition` for a step that is not in the table."""
    if (old, new) not in TRANSITIONS:
        raise IllegalTransition(
            _("An invoice that is %(old)s cannot become %(new)s.") % {"old": old.word, "new": new.word}
        )


def after_cover(
    state: InvoiceState, *, total_minor: int, paid_minor: int, credited_minor: int
) -> InvoiceState:
    """The state of an issued invoice of which ``paid_minor`` of ``total_minor`` is allocated and ``credited_minor``
    taken back by credit notes. What is written off stays so until a person takes that back."""
    if state is S.WRITTEN_OFF:
        return state
    if credited_minor and credited_minor >= total_minor:
        return S.CREDITED
    if paid_minor + credited_minor >= total_minor:
        return S.PAID
    if paid_minor > 0:
        return S.PARTLY_PAID
    return S.VIEWED if state in (S.PAID, S.PARTLY_PAID) else state


def before_write_off(*, paid_minor: int, sent: bool, viewed: bool) -> InvoiceState:
    """The state of an invoice whose write-off is taken back."""
    if paid_minor > 0:
        return S.PARTLY_PAID
    if viewed:
        return S.VIEWED
    return S.SENT if sent else S.ISSUED


def is_overdue(state: str, *, due_on: date | None, today: date) -> bool:
    """Shown over the state when the due date has passed and something is still owed."""
    return state in OPEN_STATES and due_on is not None and due_on < today


def shown_state(state: str, *, due_on: date | None, today: date) -> str:
    """As people see it: overdue over the others."""
    return "overdue" if is_overdue(state, due_on=due_on, today=today) else state
