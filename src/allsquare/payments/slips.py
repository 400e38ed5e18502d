"""Transfers that a provider takes, and not the business: which payments are such, and what their payers are told."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from allsquare.core.transfers import spaced
from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability, MethodKind
from allsquare.payments.models import Payment, TransferSlip
from allsquare.payments.registry import adapters_with
from allsquare.payments.shares import is_for
from allsquare.payments.states import PaymentState

_WAITING: Final = (PaymentState.NEEDS_ACTION, PaymentState.PENDING)


def is_with_provider(payment: Payment) -> bool:
    """Is it, or was it, a transfer that its provider takes?"""
    return payment.method == MethodKind.BANK_TRANSFER and payment.gateway in adapters_with(
        Capability.TRANSFERS
    )


def is_sent_there(payment: Payment) -> bool:
    """Is such a transfer waited for? Once a part came it is ``pending``, and under way as any other."""
    return payment.state in _WAITING and is_with_provider(payment)


def sent_to_providers(organization: Organization, invoice_id: UUID) -> QuerySet[Payment]:
    """The transfers to providers that are waited for and count towards this invoice."""
    return Payment.objects.filter(
        is_for(organization, [invoice_id]),
        organization=organization,
        method=MethodKind.BANK_TRANSFER,
        gateway__in=adapters_with(Capability.TRANSFERS),
        state__in=_WAITING,
    )


def rows_of(slip: TransferSlip) -> list[tuple[str, str]]:
    """In the language of whoever reads, an IBAN as banks print it."""
    return [(shown(label), spaced(text) if text == slip.iban else text) for label, text in slip.rows]


def slip_for(organization: Organization, payment: Payment) -> TransferSlip | None:
    """What its payer was told, while it is waited for."""
    if not is_sent_there(payment):
        return None
    return TransferSlip.objects.filter(organization=organization, payment=payment).first()
