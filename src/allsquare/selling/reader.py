"""Follows the event log: a payment that came makes its sale complete, whoever told us of it and whenever. One that
ended otherwise, or was given back before, gives its units free. A tip that came with a payment at a reader gets its
invoice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final
from uuid import UUID

from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.identity.selectors import get_organization
from allsquare.payments.models import Payment
from allsquare.selling.models import PAYMENT_KEY, Sale
from allsquare.selling.services.complete_sale import complete_sale
from allsquare.selling.services.invoice_tip import invoice_tip

_ENDS: Final = frozenset(
    {"payment.succeeded", "payment.declined", "payment.failed", "payment.canceled", "refund.succeeded"}
)


def read(events: Sequence[Event]) -> None:
    """One batch of news, of any organizations, in log order. Repeats change nothing."""
    ended = [event for event in events if event.kind in _ENDS and event.data.get("invoice") is None]
    ended.sort(key=lambda event: event.organization_id)
    for organization_id, news in groupby(ended, key=lambda event: event.organization_id):
        organization = get_organization(organization_id)
        payments = Payment.objects.filter(
            organization=organization,
            id__in=[_payment_of(event) for event in news],
            key__startswith=PAYMENT_KEY,
        )
        ids = [UUID(payment.key.removeprefix(PAYMENT_KEY)) for payment in payments]
        for sale_id in Sale.objects.filter(organization=organization, id__in=ids).values_list(
            "id", flat=True
        ):
            complete_sale(organization=organization, sale_id=sale_id, actor=SYSTEM)
    for event in events:
        if event.kind == "payment.succeeded" and event.data.get("tip_minor"):
            organization = get_organization(event.organization_id)
            invoice_tip(organization=organization, payment_id=event.subject_id, actor=SYSTEM)


def _payment_of(event: Event) -> UUID | None:
    return UUID(str(event.data["payment"])) if event.subject_type == "refund" else event.subject_id
