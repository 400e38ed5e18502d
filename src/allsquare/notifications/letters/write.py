"""Which kind of mail is written by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.utils import translation

from allsquare.notifications.kinds import MailKind
from allsquare.notifications.letters import payer, people, saved, staff
from allsquare.notifications.letters.credit_note import credit_note
from allsquare.notifications.letters.facts import Facts
from allsquare.notifications.letters.letter import Letter
from allsquare.notifications.letters.statement import statement
from allsquare.notifications.letters.transfer import transfer

_WRITERS: Final[Mapping[MailKind, Callable[[Facts], Letter]]] = {
    MailKind.INVOICE: payer.invoice,
    MailKind.CREDIT_NOTE: credit_note,
    MailKind.RECEIPT: payer.receipt,
    MailKind.PAYMENT_PENDING: payer.pending,
    MailKind.PAYMENT_FAILED: payer.failed,
    MailKind.TRANSFER: transfer,
    MailKind.REFUND: payer.refund,
    MailKind.METHOD_LINK: saved.method_link,
    MailKind.OPEN_LINK: saved.open_link,
    MailKind.METHOD_EXPIRING: saved.expiring,
    MailKind.METHOD_GONE: saved.gone,
    MailKind.AUTOPAY_PLANNED: saved.planned,
    MailKind.AUTOPAY_FAILED: saved.refused,
    MailKind.STATEMENT: statement,
    MailKind.PAYMENT_NOTICE: staff.payment_notice,
    MailKind.DISPUTE_WON: staff.dispute_won,
    MailKind.ATTENTION: staff.attention,
    MailKind.INVITATION: people.invitation,
    MailKind.SECURITY: people.security,
}


def write(kind: MailKind, facts: Facts) -> Letter:
    """The letter of this kind about ``facts``. Raises :class:`~allsquare.notifications.errors.NothingToSay`."""
    with translation.override(facts.language):  # a task's sentence is made when it is read
        return _WRITERS[kind](facts)
