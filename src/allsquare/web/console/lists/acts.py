"""How what may be done with several chosen rows at once is offered and asked; what it does is a ``BatchAct``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from allsquare.billing.states import TRANSITIONS, InvoiceState
from allsquare.core.batch_acts import batch_act
from allsquare.core.listing import Row
from allsquare.core.models import JobTrouble
from allsquare.identity.permissions import Permission as P
from allsquare.payments.selectors import payments_under_way
from allsquare.web.ui.states import look as state_look


def _none(_organization: Any, _rows: Sequence[Row]) -> dict[UUID, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """``does`` names the act. ``question`` and ``warning`` are what the dialog asks, and ``done`` is what is said when
    nothing was refused, the first and the last with a ``number`` put in; ``sums`` is the column whose amounts the
    dialog adds up, ``reason`` the label of the field for one. ``unfit`` says beforehand which of the rows will be left
    as they are, and why; the act itself has the last word."""

    name: str
    does: str
    label: Promise
    icon: str
    question: Promise
    done: Promise
    warning: Promise
    button: Promise
    sums: str = ""
    reason: Promise | str = ""
    unfit: Callable[[Any, Sequence[Row]], Mapping[UUID, str]] = _none
    is_dangerous: bool = False

    @property
    def permission(self) -> P:
        return P(batch_act(self.does).permission)


def _not_voidable(organization: Any, rows: Sequence[Row]) -> dict[UUID, str]:
    """What is paid, not issued or void already, and what somebody is paying."""
    found: dict[UUID, str] = {}
    paying = {payment.towards_id for payment in payments_under_way(organization, [row.id for row in rows])}
    for row in rows:
        state = InvoiceState(row.item.state)
        if (state, InvoiceState.VOID) not in TRANSITIONS or row.item.covered_minor:
            found[row.id] = state.word
        elif row.id in paying:
            found[row.id] = _now("being paid")
    return found


def _not_failed(_organization: Any, rows: Sequence[Row]) -> dict[UUID, str]:
    """A job that is tried still, or was left, with the word of its badge."""
    others = [row for row in rows if row.item.state != JobTrouble.State.FAILED]
    return {row.id: str(state_look("job", row.item.state).label) for row in others}


ISSUE: Final = Act(
    name="issue",
    does="invoices.issue",
    label=_("Issue and send"),
    icon="file-check",
    question=ngettext_lazy(
        "Issue and send %(number)s invoice?", "Issue and send %(number)s invoices?", "number"
    ),
    done=ngettext_lazy("%(number)s invoice is issued.", "%(number)s invoices are issued.", "number"),
    warning=_(
        "Each draft among them gets its number, is booked and can no longer be changed; its customer gets it by "
        "mail. What is issued already stays as it is."
    ),
    button=_("Issue and send"),
    sums="total",
)
SEND_AGAIN: Final = Act(
    name="send",
    does="invoices.send",
    label=_("Send again"),
    icon="send",
    question=ngettext_lazy("Send %(number)s invoice again?", "Send %(number)s invoices again?", "number"),
    done=ngettext_lazy(
        "%(number)s invoice is on its way again.", "%(number)s invoices are on their way again.", "number"
    ),
    warning=_("The mail with the link goes out once more, to the address that it went to last."),
    button=_("Send again"),
)
SEND_MAILS_AGAIN: Final = Act(
    name="send",
    does="mails.send",
    label=_("Send again"),
    icon="send",
    question=ngettext_lazy("Send %(number)s mail again?", "Send %(number)s mails again?", "number"),
    done=ngettext_lazy(
        "%(number)s mail is on its way again.", "%(number)s mails are on their way again.", "number"
    ),
    warning=_("Each goes out once more to its own address; one that is still waiting goes out once."),
    button=_("Send again"),
)
SEND_HELD: Final = Act(
    name="send",
    does="mails.send",
    label=_("Send"),
    icon="send",
    question=ngettext_lazy("Send %(number)s held mail?", "Send %(number)s held mails?", "number"),
    done=ngettext_lazy("%(number)s mail is on its way.", "%(number)s mails are on their way.", "number"),
    warning=_(
        "Each goes out once to its own address, with the present facts. Whoever got one before the backup was restored "
        "gets it a second time. Nothing is charged or booked by it."
    ),
    button=_("Send"),
)
LEAVE_UNSENT: Final = Act(
    name="leave",
    does="mails.leave",
    label=_("Leave unsent"),
    icon="mail-off",
    question=ngettext_lazy("Leave %(number)s mail unsent?", "Leave %(number)s mails unsent?", "number"),
    done=ngettext_lazy("%(number)s mail is left unsent.", "%(number)s mails are left unsent.", "number"),
    warning=_("They no longer wait for anybody. Each stays in the list of mails and can be sent from there."),
    button=_("Leave unsent"),
)
ARCHIVE_CUSTOMERS: Final = Act(
    name="archive",
    does="customers.archive",
    label=_("Archive"),
    icon="archive",
    question=ngettext_lazy("Archive %(number)s customer?", "Archive %(number)s customers?", "number"),
    done=ngettext_lazy("%(number)s customer is archived.", "%(number)s customers are archived.", "number"),
    warning=_("They are no longer offered for new invoices. All their documents stay."),
    button=_("Archive"),
)
ARCHIVE_ITEMS: Final = Act(
    name="archive",
    does="items.archive",
    label=_("Archive"),
    icon="archive",
    question=ngettext_lazy("Archive %(number)s item?", "Archive %(number)s items?", "number"),
    done=ngettext_lazy("%(number)s item is archived.", "%(number)s items are archived.", "number"),
    warning=_("They are no longer offered for new lines. All documents with them stay."),
    button=_("Archive"),
)
TRY_JOBS_AGAIN: Final = Act(
    name="again",
    does="jobs.again",
    label=_("Try again"),
    icon="refresh",
    question=ngettext_lazy("Try %(number)s job again?", "Try %(number)s jobs again?", "number"),
    done=ngettext_lazy(
        "%(number)s job will be tried again in a moment.",
        "%(number)s jobs will be tried again in a moment.",
        "number",
    ),
    warning=_(
        "Those that failed are done once more, with all their tries before them. The others stay as they are."
    ),
    button=_("Try again"),
    unfit=_not_failed,
)
LEAVE_JOBS: Final = Act(
    name="leave",
    does="jobs.leave",
    label=_("Leave it"),
    icon="trash",
    question=ngettext_lazy("Leave %(number)s job undone?", "Leave %(number)s jobs undone?", "number"),
    done=ngettext_lazy("%(number)s job is left undone.", "%(number)s jobs are left undone.", "number"),
    warning=_(
        "Those that failed are not tried any more, and nobody is asked about them. The list keeps them."
    ),
    button=_("Leave it"),
    unfit=_not_failed,
)
READ_AGAIN: Final = Act(
    name="read",
    does="inbox.read",
    label=_("Read again"),
    icon="refresh",
    question=ngettext_lazy("Read %(number)s webhook again?", "Read %(number)s webhooks again?", "number"),
    done=ngettext_lazy(
        "%(number)s webhook will be read again in a moment.",
        "%(number)s webhooks will be read again in a moment.",
        "number",
    ),
    warning=_("Those that are parked are digested once more. What was digested already changes nothing."),
    button=_("Read again"),
)
RESOLVE: Final = Act(
    name="resolve",
    does="tasks.resolve",
    label=_("Done"),
    icon="check",
    question=ngettext_lazy("Mark %(number)s task as done?", "Mark %(number)s tasks as done?", "number"),
    done=ngettext_lazy("%(number)s task is done.", "%(number)s tasks are done.", "number"),
    warning=_("Nobody is asked about them any more. The list keeps them."),
    button=_("Mark as done"),
)
VOID: Final = Act(
    name="void",
    does="invoices.void",
    label=_("Void"),
    icon="ban",
    question=ngettext_lazy("Void %(number)s invoice?", "Void %(number)s invoices?", "number"),
    done=ngettext_lazy("%(number)s invoice is void.", "%(number)s invoices are void.", "number"),
    warning=_(
        "Each keeps its number and stays in the books; a second entry takes it back. It can no longer be paid. "
        "This cannot be undone."
    ),
    button=_("Void"),
    sums="total",
    reason=_("Why are they void?"),
    unfit=_not_voidable,
    is_dangerous=True,
)
