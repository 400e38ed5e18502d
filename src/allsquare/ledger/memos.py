"""What entries that nobody types say. The books speak the organization's language, whoever books."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _


def of_invoice(number: str | None, *, language: str) -> str:
    """For an entry about one invoice."""
    return _of_invoice(language) % {"number": number}


@cache
def _of_invoice(language: str) -> str:
    """The words, which a batch needs a thousand times."""
    with translation.override(language):
        return _("Invoice %(number)s")


#: Numbers that a line of the books has room for; the payment's page has all.
_MOST: Final = 3


def of_invoices(numbers: Sequence[str], *, language: str) -> str:
    """For an entry about several invoices."""
    shown = ", ".join(numbers[:_MOST]) + (" …" if len(numbers) > _MOST else "")
    with translation.override(language):
        return _("Invoices %(numbers)s") % {"numbers": shown}


def of_credit_note(number: str, invoice: str | None, *, language: str) -> str:
    """For what a credit note books."""
    with translation.override(language):
        return _("Credit note %(number)s for invoice %(invoice)s") % {"number": number, "invoice": invoice}


def of_reversal(memo: str, *, language: str) -> str:
    """For the opposite of an entry that says ``memo``; of one that says nothing, its kind says enough."""
    if not memo:
        return ""
    with translation.override(language):
        return _("Reversal: %(memo)s") % {"memo": memo}
