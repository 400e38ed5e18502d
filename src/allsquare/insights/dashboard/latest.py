"""The payments that landed last."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db.models import Subquery, Value
from django.db.models.functions import Coalesce

from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.payments.states import PaymentState

#: Frozen parties and prose of the invoice, which a line of a list has no use for.
_HEAVY: Final = ("invoice__seller", "invoice__buyer", "invoice__notes", "invoice__terms")


def last_payments(organization: Organization, *, limit: int) -> list[Payment]:
    """By the day on which the money came, and within it by the moment at which we knew: a bank debit that began last
    week stands where it landed. One statement, which sorts no more than the days that hold so many: they are asked of
    the index first, and named, so that the planner knows how little it is."""
    came = Payment.objects.filter(
        organization=organization, state=PaymentState.SUCCEEDED, received_on__isnull=False
    )
    days = came.order_by("-received_on").values("received_on")
    first = Coalesce(Subquery(days[limit - 1 : limit]), Value(date.min))
    order = ("-received_on", "-settled_at", "-id")
    newest = came.filter(received_on__range=(first, Subquery(days[:1]))).order_by(*order)
    shown = Payment.objects.filter(organization=organization, id__in=newest.values("id")[:limit])
    return list(shown.order_by(*order).select_related("customer", "invoice").defer(*_HEAVY))
