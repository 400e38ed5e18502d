"""What a credit note set free goes back by the way it came, instead of being kept as the customer's credit."""

from __future__ import annotations

from uuid import UUID

from allsquare.billing.selectors import get_credit_note
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.idempotency import check_key
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.freed import freed_by
from allsquare.payments.models import Refund
from allsquare.payments.services.refund import refund


def refund_freed(*, organization: Organization, credit_note_id: UUID, key: str, actor: Actor) -> list[Refund]:
    """A refund for each payment of which something can go back, by the one ``refund``: reserved under the payment's
    lock, never above what was captured. Same key, same refunds; so a crash between two of them is made up for by asking
    again. Empty where nothing can go back. Raises ``CreditNoteUnknown`` and what ``refund`` raises."""
    require(organization, actor, Permission.REFUND)
    check_key(key)
    note = get_credit_note(organization, credit_note_id)
    unit = currency(note.currency)
    earlier = dict(
        Refund.objects.filter(organization=organization, key__startswith=f"{key}-").values_list(
            "key", "amount_minor"
        )
    )
    made = []
    for each in freed_by(organization, note):
        own_key = f"{key}-{each.payment.id}"
        amount = Money(earlier.get(own_key, each.returnable.minor), unit)
        if amount:
            made.append(
                refund(
                    organization=organization,
                    payment_id=each.payment.id,
                    amount=amount,
                    reason=f"{note.number}: {note.reason}"[:200],
                    key=own_key,
                    actor=actor,
                )
            )
    return made
