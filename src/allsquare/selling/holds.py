"""Units that are kept back for whoever is paying, and given free when they do not. Inside the caller's transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.payments.states import ENDED_UNPAID, PaymentState
from allsquare.selling.models import PAYMENT_KEY, PaymentLink, Sale

#: A sale that was cut off before it asked for money is over after this.
BEGINS_WITHIN: Final = timedelta(minutes=10)
#: Whoever was led to a provider's page has this long, while somebody else wants the last of it.
PAYS_WITHIN: Final = timedelta(minutes=20)


def payments_of_sales(organization: Organization, sales: list[Sale]) -> dict[UUID, Payment]:
    """By sale: one query."""
    keys = [sale.payment_key for sale in sales]
    found = Payment.objects.filter(organization=organization, key__in=keys).select_related("gateway_account")
    return {UUID(payment.key.removeprefix(PAYMENT_KEY)): payment for payment in found}


def give_free(organization: Organization, link: PaymentLink) -> int:
    """Sales whose payment ended unpaid, or was never begun, hold nothing any longer. Says how many."""
    held = list(Sale.objects.filter(organization=organization, link=link, state=Sale.State.HELD))
    payments = payments_of_sales(organization, held)
    begun = clock.now(organization) - BEGINS_WITHIN
    over = [
        sale.id
        for sale in held
        if (payments[sale.id].state in ENDED_UNPAID if sale.id in payments else sale.created_at < begun)
    ]
    found = Sale.objects.filter(organization=organization, id__in=over, state=Sale.State.HELD)
    return found.update(state=Sale.State.GIVEN_UP)


def left_behind(organization: Organization, link: PaymentLink) -> list[Payment]:
    """Payments on whose pages nobody has paid for so long that others may have the units."""
    since = clock.now(organization) - PAYS_WITHIN
    held = Sale.objects.filter(
        organization=organization, link=link, state=Sale.State.HELD, created_at__lt=since
    )
    payments = payments_of_sales(organization, list(held))
    return [each for each in payments.values() if each.state == PaymentState.NEEDS_ACTION]
