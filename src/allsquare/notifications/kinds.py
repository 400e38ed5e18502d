"""The kinds of mail that there are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class MailKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    RECEIPT = "receipt"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_FAILED = "payment_failed"
    TRANSFER = "transfer"
    REFUND = "refund"
    METHOD_LINK = "method_link"  # to a customer: the key to their saved methods
    OPEN_LINK = "open_link"  # to a customer: the key to all that is open
    METHOD_EXPIRING = "method_expiring"
    METHOD_GONE = "method_gone"
    AUTOPAY_PLANNED = "autopay_planned"
    AUTOPAY_FAILED = "autopay_failed"
    STATEMENT = "statement"
    PAYMENT_NOTICE = "payment_notice"  # to the business
    DISPUTE_WON = "dispute_won"  # to the business
    ATTENTION = "attention"  # to the business
    INVITATION = "invitation"  # to somebody who may join
    SECURITY = "security"  # to a person about their own account

    @property
    def label(self) -> str:
        return str(LABELS[self])


#: Meant for one person alone: nobody sends them anywhere else, and no page shows the link in them.
PERSONAL: Final = frozenset(
    {MailKind.INVITATION, MailKind.SECURITY, MailKind.METHOD_LINK, MailKind.OPEN_LINK}
)

#: Meant for those who run the business.
TO_STAFF: Final = frozenset({MailKind.PAYMENT_NOTICE, MailKind.DISPUTE_WON, MailKind.ATTENTION})

LABELS: Final[Mapping[MailKind, Promise]] = {
    MailKind.INVOICE: _("Invoice"),
    MailKind.CREDIT_NOTE: _("Credit note"),
    MailKind.RECEIPT: _("Receipt"),
    MailKind.PAYMENT_PENDING: _("Payment pending"),
    MailKind.PAYMENT_FAILED: _("Payment failed"),
    MailKind.TRANSFER: _("Where to send the transfer"),
    MailKind.REFUND: _("Refund"),
    MailKind.METHOD_LINK: _("Link to saved payment methods"),
    MailKind.OPEN_LINK: _("Link to all that is open"),
    MailKind.METHOD_EXPIRING: _("Saved card ends soon"),
    MailKind.METHOD_GONE: _("Saved payment method ended"),
    MailKind.AUTOPAY_PLANNED: _("Will be charged"),
    MailKind.AUTOPAY_FAILED: _("Could not be charged"),
    MailKind.STATEMENT: _("Statement of account"),
    MailKind.PAYMENT_NOTICE: _("Payment notice"),
    MailKind.DISPUTE_WON: _("Dispute won"),
    MailKind.ATTENTION: _("Attention"),
    MailKind.INVITATION: _("Invitation"),
    MailKind.SECURITY: _("Security notice"),
}
