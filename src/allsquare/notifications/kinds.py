"""The kinds of mail that there are."""

from __future__ import annotations

from enum import StrEnum


class MailKind(StrEnum):
    INVOICE = "invoice"
    RECEIPT = "receipt"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_FAILED = "payment_failed"
    REFUND = "refund"
    STATEMENT = "statement"
    PAYMENT_NOTICE = "payment_notice"  # to the business
    ATTENTION = "attention"  # to the business

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()
