"""What a credit note set free goes back by the way it came, instead of being kept as the customer's credit."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from allsquare.billing.selectors import get_credit_note
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.errors import AllsquareError
from allsquare.core.idempotency import check_key
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.freed import freed_by, refund_key
from allsquare.payments.models import Payment, Refund
from allsquare.payments.services.refund import refund


@dataclass(frozen=True, slots=True)
class NotMade:
    """A payment of which nothing was given back, and why."""

    payment: Payment
    amount: Money
    error: AllsquareError


@dataclass(frozen=True, slots=True)
class GivenBack:
    """``made``: the refunds, each in the state that it came to, which can be that the provider refused it."""

    made: list[Refund] = field(default_factory=list)
    not_made: list[NotMade] = field(default_factory=list)


def refund_freed(*, organization: Organization, credit_note_id: UUID, key: str, actor: Actor) -> GivenBack:
    """A refund for each payment of which something can go back, by the one ``refund``: reserved under the payment's
    lock, never above what the note set free of it. One that is refused holds up none of the others.

    Same key, same refunds; so a crash between two of them is made up for by asking again. Nothing in it where nothing
    can go back. Raises ``CreditNoteUnknown`` and ``KeyInvalid``.
    """
    require(organization, actor, Permission.REFUND)
    check_key(key)
    note = get_credit_note(organization, credit_note_id)
    unit = currency(note.currency)
    freed = freed_by(organization, note)
    keys = {each.freed_id: refund_key(key, each.freed_id) for each in freed}
    # Asked after what is left: what the same press took in another request is then in the one or in the other.
    earlier = dict(
        Refund.objects.filter(organization=organization, key__in=keys.values()).values_list(
            "key", "amount_minor"
        )
    )
    given = GivenBack()
    for each in freed:
        own_key = keys[each.freed_id]
        amount = Money(earlier.get(own_key, each.returnable.minor), unit)
        if not amount:
            continue
        try:
            made = refund(
                organization=organization,
                payment_id=each.payment.id,
                amount=amount,
                reason=f"{note.number}: {note.reason}"[:200],
                key=own_key,
                actor=actor,
                freed_id=each.freed_id,
            )
        except AllsquareError as error:
            given.not_made.append(NotMade(each.payment, amount, error))
        else:
            given.made.append(made)
    return given
