"""A transfer that the payer sends by themselves: where to, how much, and what to write."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transfers import creditor_reference, epc_code, spaced
from allsquare.payments.gateway_abilities import TransferAccount
from allsquare.payments.models import Payment
from allsquare.payments.registry import awaiting


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on a transfer, as rows to copy, and as a picture for banking apps ("" where none reads it)."""

    rows: list[tuple[str, str]]
    amount: Money
    code: SafeString


def slip_of(payment: Payment, number: str) -> Slip | None:
    """``number`` is what the payer writes, of the invoice or, where it is for several, of the payment. ``None`` for one
    that they do not send by themselves."""
    gateway = awaiting(payment.gateway_account)
    if gateway is None:
        return None
    amount = Money(payment.amount_minor, currency(payment.currency))
    return Slip(_rows(gateway.account, number), amount, _code(gateway.account, number, amount))


def _rows(account: TransferAccount, number: str) -> list[tuple[str, str]]:
    rows = [
        (_("Recipient"), account.holder),
        ("IBAN", spaced(account.iban)),
        ("BIC", account.bic),
        (_("Account"), account.other),
        (_("Reference"), spaced(creditor_reference(number)) or number),
    ]
    return [(label, text) for label, text in rows if text]


def _code(account: TransferAccount, number: str, amount: Money) -> SafeString:
    picture = epc_code(
        name=account.holder,
        iban=account.iban,
        bic=account.bic,
        reference=creditor_reference(number),
        amount=amount,
    )
    return mark_safe(picture)  # noqa: S308  # drawn by us: squares, and none of its text
