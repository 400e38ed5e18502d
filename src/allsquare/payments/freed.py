"""What credit notes set free of payments, and what of that can still go back by the way it came. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Sum

from allsquare.billing.models import CreditNote, Invoice
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.models import Allocation, CreditMovement, Freed, Payment, Refund
from allsquare.payments.registry import capabilities_of
from allsquare.payments.states import PaymentState, RefundState

#: Signs of an id as it stands in a key.
_ID: Final = 36


@dataclass(frozen=True, slots=True)
class FreedMoney:
    """``freed`` of a payment became the customer's credit by a credit note. ``returnable`` of it was neither used nor
    given back nor disputed since, and its provider can give it back; what another note set free is not among it."""

    freed_id: UUID
    payment: Payment
    freed: Money
    returnable: Money


def freed_by(organization: Organization, note: CreditNote) -> list[FreedMoney]:
    """The latest payment first, as they were freed. Three queries."""
    rows = list(
        Freed.objects.filter(organization=organization, credit_note=note)
        .select_related("payment__gateway_account", "payment__customer")
        .order_by("id")
    )
    left = returnable(organization, rows)
    unit = currency(note.currency)
    return [
        FreedMoney(
            freed_id=row.id,
            payment=row.payment,
            freed=Money(row.amount_minor, unit),
            returnable=Money(left[row.id], unit),
        )
        for row in rows
    ]


def refund_key(key: str, freed_id: UUID) -> str:
    """The key of a refund of what was freed. It ends with the row's id, by which the refund is known as that row's."""
    return f"{key}-{freed_id}"


def returnable(organization: Organization, rows: Sequence[Freed]) -> dict[UUID, int]:
    """What can go back of each of ``rows``. Where nobody else shall change it meanwhile, its payment is locked, and was
    read under that lock. Two queries."""
    payments = [row.payment_id for row in rows]
    movements = CreditMovement.objects.filter(organization=organization, payment_id__in=payments).values_list(
        "payment_id"
    )
    credit = {name: int(minor) for name, minor in movements.annotate(total=Sum("amount_minor"))}
    returned: defaultdict[str, int] = defaultdict(int)
    for key, minor in (
        Refund.objects.filter(organization=organization, payment_id__in=payments)
        .exclude(state=RefundState.FAILED)
        .values_list("key", "amount_minor")
    ):
        returned[key[-_ID:]] += minor
    return {row.id: _left(row, credit.get(row.payment_id, 0), returned[str(row.id)]) for row in rows}


def freed_of(organization: Organization, invoice: Invoice) -> list[UUID]:
    """Ids of all that credit notes of the invoice set free, which are the sources of its bookings."""
    rows = Freed.objects.filter(organization=organization, credit_note__invoice=invoice)
    return list(rows.order_by("id").values_list("id", flat=True))


def takes_refunds(organization: Organization, invoice: Invoice) -> bool:
    """Is something paid towards the invoice that its provider can give back? One query."""
    counted = (
        Allocation.objects.filter(organization=organization, invoice=invoice)
        .values_list("payment__gateway")
        .annotate(amount=Sum("amount_minor"))
        .filter(amount__gt=0)
    )
    return any(Capability.REFUND in capabilities_of(gateway) for gateway, _amount in counted)


def _left(row: Freed, credit: int, returned: int) -> int:
    payment = row.payment
    able = Capability.REFUND in capabilities_of(payment.gateway)
    if not able or payment.state != PaymentState.SUCCEEDED:
        return 0
    # A refund that is under way will take from the credit what is on its way already.
    free = credit - payment.refunding_minor
    return max(0, min(row.amount_minor - returned, free, payment.left_minor))
