"""The payments that landed last."""

from __future__ import annotations

from typing import Final

from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.payments.states import PaymentState

#: Frozen parties and prose of the invoice, which a line of a list has no use for.
_HEAVY: Final = ("invoice__seller", "invoice__buyer", "invoice__notes", "invoice__terms")


def last_payments(organization: Organization, *, limit: int) -> list[Payment]:
    """By the day on which the money came, and within it by the moment at which we knew: a bank debit that began last
    week stands where it landed. One statement; it sorts no more than the newest days."""
    found = Payment.objects.filter(organization=organization, state=PaymentState.SUCCEEDED)
    newest = found.order_by("-received_on", "-settled_at", "-id").select_related("customer", "invoice")
    return list(newest.defer(*_HEAVY)[:limit])
