"""Which payments may become money while another one is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.models import Exists, OuterRef, Q

from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.models import Payment, PaymentShare
from allsquare.payments.registry import adapters_with
from allsquare.payments.states import PaymentState

#: Paying again while one of these waits for its answer could charge twice.
_STATES: Final = (PaymentState.STARTED, PaymentState.UNKNOWN, PaymentState.PENDING)


def is_awaited(payment: Payment) -> bool:
    """Is it a transfer that the payer announced, and makes when it suits them?"""
    return payment.state == PaymentState.PENDING and payment.gateway in adapters_with(Capability.AWAITED)


def is_at_reader(payment: Payment) -> bool:
    """Does a reader in the shop wait for a card, with a payer before it?"""
    return payment.state == PaymentState.NEEDS_ACTION and bool(payment.reader)


def is_under_way(payment: Payment) -> bool:
    """Is its answer still to come? A payer who was led to a page may never come back, and an announced transfer may
    never be made: neither is under way. Who stands at a reader is."""
    return is_at_reader(payment) or (payment.state in _STATES and not is_awaited(payment))


def is_being_paid(organization: Organization, invoice: OuterRef) -> Q:
    """Is a payment of the invoice of an outer query under way, be it for that alone or for several?"""
    at_reader = Q(state=PaymentState.NEEDS_ACTION) & ~Q(reader="")
    paying = Payment.objects.filter(Q(state__in=_STATES) | at_reader, organization=organization).exclude(
        state=PaymentState.PENDING, gateway__in=adapters_with(Capability.AWAITED)
    )
    shares = PaymentShare.objects.filter(organization=organization, invoice_id=invoice)
    together = shares.filter(Exists(paying.filter(id=OuterRef("payment_id"))))
    return Q(Exists(paying.filter(invoice_id=invoice))) | Q(Exists(together))


def pages_for_too_much(payments: Iterable[Payment], most: int) -> list[Payment]:
    """Pages of providers that wait for a payer, where what all of ``payments`` that may become money come to is more
    than ``most``."""
    payments = list(payments)
    pages = [
        payment
        for payment in payments
        if payment.state == PaymentState.NEEDS_ACTION and not is_at_reader(payment)
    ]
    asked = sum(payment.towards_minor for payment in payments if payment in pages or is_under_way(payment))
    return pages if asked > most else []
