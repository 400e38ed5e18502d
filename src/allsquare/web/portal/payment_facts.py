"""What every page of one payment says of it."""

from __future__ import annotations

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.payments.models import Payment
from allsquare.payments.registry import is_practice
from allsquare.web.portal.ways import paid_with


def facts_of(payment: Payment) -> dict[str, object]:
    return {
        "payment": payment,
        "amount": asked_of(payment),
        "method": paid_with(payment),
        "practice": is_practice(payment.gateway_account),
    }


def asked_of(payment: Payment) -> Money:
    return Money(payment.amount_minor, currency(payment.currency))
