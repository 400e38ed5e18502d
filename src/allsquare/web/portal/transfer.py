"""A transfer that the payer sends by themselves: where to, how much, and what to write."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transfers import creditor_reference, epc_code, spaced
from allsquare.identity.models import Organization
from allsquare.payments.announced import still_owed
from allsquare.payments.gateway_abilities import TransferAccount
from allsquare.payments.models import Payment, TransferSlip
from allsquare.payments.registry import awaiting
from allsquare.payments.slips import is_sent_there, rows_of, slip_for
from allsquare.payments.states import PaymentState


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on a transfer, as rows to copy, and as a picture for banking apps ("" where none reads it). Where a
    provider takes it ``came`` is the part that arrived, and ``url`` its own page about it; ``can_stop``: may the payer
    take another way?"""

    rows: list[tuple[str, str]]
    amount: Money
    code: SafeString
    came: Money | None = None
    url: str = ""
    can_stop: bool = True


def slip_of(organization: Organization, payment: Payment, number: str) -> Slip | None:
    """``number`` is what the payer writes, of the invoice or, where it is for several, of the payment; a provider that
    takes the transfer has a reference of its own. ``None`` for one that they do not send by themselves."""
    if is_sent_there(payment):
        return _at_provider(payment, slip_for(organization, payment))
    gateway = awaiting(payment.gateway_account) if payment.state == PaymentState.PENDING else None
    if gateway is None:
        return None
    amount = Money(still_owed(organization, payment), currency(payment.currency))
    return Slip(_rows(gateway.account, number), amount, _code(gateway.account, number, amount))


def _at_provider(payment: Payment, told: TransferSlip | None) -> Slip:
    """Without what it told, which comes with its answer, its own page is what there is."""
    unit = currency(payment.currency)
    stop = payment.state == PaymentState.NEEDS_ACTION
    if told is None:
        asked = Money(payment.amount_minor, unit)
        return Slip([], asked, mark_safe(""), url=payment.redirect, can_stop=stop)
    missing = Money(told.remaining_minor, unit)
    rows = rows_of(told)
    if told.reference:
        rows.append((_("Reference"), told.reference))
    picture = epc_code(
        name=told.holder, iban=told.iban, bic=told.bic, text=told.reference, amount=missing, reference=""
    )
    return Slip(
        rows,
        missing,
        mark_safe(picture),  # noqa: S308  # drawn by us, as below
        came=Money(payment.amount_minor - missing.minor, unit),
        url=told.url,
        can_stop=stop,
    )


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
