"""What may be done with several chosen rows at once: each row by the service that does it for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from allsquare.billing.selectors import get_invoice
from allsquare.billing.services.issue import issue
from allsquare.catalog.services.archive_item import archive_item
from allsquare.core.actor import Actor
from allsquare.core.errors import Conflict
from allsquare.customers.services.archive_customer import archive_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission as P
from allsquare.insights.services.leave_job import leave_job
from allsquare.insights.services.try_job_again import try_job_again
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.selectors import mails_of
from allsquare.notifications.services.leave_unsent import leave_unsent
from allsquare.notifications.services.resend import resend
from allsquare.payments.services.retry_inbox import retry_inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """``run`` does it to one row and says in a few words what became of it; it raises ``AllsquareError`` where it
    cannot. ``question`` and ``warning`` are what the dialog asks, in numbers."""

    name: str
    label: Promise
    icon: str
    permission: P
    question: Callable[[int], str]
    warning: Promise
    button: Promise
    run: Callable[[Organization, Actor, UUID], str]


def _issue(organization: Organization, actor: Actor, name: UUID) -> str:
    (issued,) = issue(organization=organization, invoice_ids=[name], actor=actor)
    if issued.buyer.get("email"):
        return _now("Issued as %(number)s and on its way.") % {"number": issued.number}
    return _now("Issued as %(number)s; the customer has no e-mail address.") % {"number": issued.number}


def _send_again(organization: Organization, actor: Actor, name: UUID) -> str:
    invoice = get_invoice(organization, name)
    sent = [mail for mail in mails_of(organization, [invoice.id]) if mail.kind == MailKind.INVOICE]
    if not sent:
        raise Conflict(_now("It was never sent: it is a draft, or its customer has no e-mail address."))
    again = resend(organization=organization, mail_id=sent[-1].id, actor=actor)
    return _now("On its way to %(recipient)s.") % {"recipient": again.recipient}


def _send_mail_again(organization: Organization, actor: Actor, name: UUID) -> str:
    again = resend(organization=organization, mail_id=name, actor=actor)
    return _now("On its way to %(recipient)s.") % {"recipient": again.recipient}


def _leave_unsent(organization: Organization, actor: Actor, name: UUID) -> str:
    leave_unsent(organization=organization, mail_id=name, actor=actor)
    return _now("Left unsent.")


def _archive_customer(organization: Organization, actor: Actor, name: UUID) -> str:
    archive_customer(organization=organization, customer_id=name, actor=actor)
    return _now("Archived.")


def _archive_item(organization: Organization, actor: Actor, name: UUID) -> str:
    archive_item(organization=organization, item_id=name, actor=actor)
    return _now("Archived.")


def _read_again(organization: Organization, actor: Actor, name: UUID) -> str:
    retry_inbox(organization=organization, delivery_id=name, actor=actor)
    return _now("It will be read again in a moment.")


def _try_job_again(organization: Organization, actor: Actor, name: UUID) -> str:
    try_job_again(organization=organization, trouble_id=name, actor=actor)
    return _now("It will be tried again in a moment.")


def _leave_job(organization: Organization, actor: Actor, name: UUID) -> str:
    leave_job(organization=organization, trouble_id=name, actor=actor)
    return _now("Left undone.")


ISSUE: Final = Act(
    name="issue",
    label=_("Issue and send"),
    icon="file-check",
    permission=P.ISSUE_INVOICES,
    question=lambda number: (
        ngettext_lazy("Issue and send %(number)s invoice?", "Issue and send %(number)s invoices?", number)
        % {"number": number}
    ),
    warning=_(
        "Each draft among them gets its number, is booked and can no longer be changed; its customer gets it by "
        "mail. What is issued already stays as it is."
    ),
    button=_("Issue and send"),
    run=_issue,
)
SEND_AGAIN: Final = Act(
    name="send",
    label=_("Send again"),
    icon="send",
    permission=P.SEND_MAIL,
    question=lambda number: (
        ngettext_lazy("Send %(number)s invoice again?", "Send %(number)s invoices again?", number)
        % {"number": number}
    ),
    warning=_("The mail with the link goes out once more, to the address that it went to last."),
    button=_("Send again"),
    run=_send_again,
)
SEND_MAILS_AGAIN: Final = Act(
    name="send",
    label=_("Send again"),
    icon="send",
    permission=P.SEND_MAIL,
    question=lambda number: (
        ngettext_lazy("Send %(number)s mail again?", "Send %(number)s mails again?", number)
        % {"number": number}
    ),
    warning=_("Each goes out once more to its own address; one that is still waiting goes out once."),
    button=_("Send again"),
    run=_send_mail_again,
)
SEND_HELD: Final = Act(
    name="send",
    label=_("Send"),
    icon="send",
    permission=P.SEND_MAIL,
    question=lambda number: (
        ngettext_lazy("Send %(number)s held mail?", "Send %(number)s held mails?", number)
        % {"number": number}
    ),
    warning=_(
        "Each goes out once to its own address, with the present facts. Whoever got one before the backup was restored "
        "gets it a second time. Nothing is charged or booked by it."
    ),
    button=_("Send"),
    run=_send_mail_again,
)
LEAVE_UNSENT: Final = Act(
    name="leave",
    label=_("Leave unsent"),
    icon="mail-off",
    permission=P.SEND_MAIL,
    question=lambda number: (
        ngettext_lazy("Leave %(number)s mail unsent?", "Leave %(number)s mails unsent?", number)
        % {"number": number}
    ),
    warning=_("They no longer wait for anybody. Each stays in the list of mails and can be sent from there."),
    button=_("Leave unsent"),
    run=_leave_unsent,
)
ARCHIVE_CUSTOMERS: Final = Act(
    name="archive",
    label=_("Archive"),
    icon="archive",
    permission=P.EDIT_CUSTOMERS,
    question=lambda number: (
        ngettext_lazy("Archive %(number)s customer?", "Archive %(number)s customers?", number)
        % {"number": number}
    ),
    warning=_("They are no longer offered for new invoices. All their documents stay."),
    button=_("Archive"),
    run=_archive_customer,
)
ARCHIVE_ITEMS: Final = Act(
    name="archive",
    label=_("Archive"),
    icon="archive",
    permission=P.EDIT_ITEMS,
    question=lambda number: (
        ngettext_lazy("Archive %(number)s item?", "Archive %(number)s items?", number) % {"number": number}
    ),
    warning=_("They are no longer offered for new lines. All documents with them stay."),
    button=_("Archive"),
    run=_archive_item,
)
TRY_JOBS_AGAIN: Final = Act(
    name="again",
    label=_("Try again"),
    icon="refresh",
    permission=P.ISSUE_INVOICES,
    question=lambda number: (
        ngettext_lazy("Try %(number)s job again?", "Try %(number)s jobs again?", number) % {"number": number}
    ),
    warning=_(
        "Those that failed are done once more, with all their tries before them. The others stay as they are."
    ),
    button=_("Try again"),
    run=_try_job_again,
)
LEAVE_JOBS: Final = Act(
    name="leave",
    label=_("Leave it"),
    icon="trash",
    permission=P.ISSUE_INVOICES,
    question=lambda number: (
        ngettext_lazy("Leave %(number)s job undone?", "Leave %(number)s jobs undone?", number)
        % {"number": number}
    ),
    warning=_(
        "Those that failed are not tried any more, and nobody is asked about them. The list keeps them."
    ),
    button=_("Leave it"),
    run=_leave_job,
)
READ_AGAIN: Final = Act(
    name="read",
    label=_("Read again"),
    icon="refresh",
    permission=P.RECORD_PAYMENTS,
    question=lambda number: (
        ngettext_lazy("Read %(number)s webhook again?", "Read %(number)s webhooks again?", number)
        % {"number": number}
    ),
    warning=_("Those that are parked are digested once more. What was digested already changes nothing."),
    button=_("Read again"),
    run=_read_again,
)
