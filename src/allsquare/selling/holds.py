"""Units that are kept back for whoever is paying, and given free when they do not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from allsquare.core import bulk, clock
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.payments.registry import closing
from allsquare.payments.states import ENDED_UNPAID, PaymentState
from allsquare.selling.models import PAYMENT_KEY, PaymentLink, Sale

#: A sale that was cut off before it asked for money is over after this.
BEGINS_WITHIN: Final = timedelta(minutes=10)
#: Whoever was led to a provider's page has this long, while somebody else wants the last of it.
PAYS_WITHIN: Final = timedelta(minutes=20)
#: Pages that are closed for one press of a button, or of one link in one round: a provider may take seconds for each.
MOST_PAGES: Final = 5


def organizations_with_units_held() -> list[Organization]:
    """Those with a limited link where something is held. For the worker, which serves every one of them. For how long
    it has been held each says by its own clock: that of a rehearsal may be months ahead."""
    held = Sale.objects.filter(state="held", link__limit__isnull=False)
    return list(Organization.objects.filter(id__in=held.values("organization_id")).order_by("id"))


def payments_of_sales(organization: Organization, sales: Iterable[Sale]) -> dict[UUID, Payment]:
    """By sale: one query."""
    keys = [sale.payment_key for sale in sales]
    found = Payment.objects.filter(organization=organization, key__in=keys).select_related("gateway_account")
    return {UUID(payment.key.removeprefix(PAYMENT_KEY)): payment for payment in found}


def is_over(payment: Payment) -> bool:
    """Can nothing be sold for it any more? It ended unpaid, or all of it was given back."""
    if payment.state in ENDED_UNPAID:
        return True
    given_back = payment.refunded_minor >= payment.captured_minor
    return payment.state == PaymentState.SUCCEEDED and given_back


def locked(organization: Organization, link: PaymentLink) -> PaymentLink:
    """As it is now, and nobody changes it until the caller's transaction ends. The link is the queue where units are
    counted; without a limit nobody waits for anybody."""
    found = PaymentLink.objects.filter(organization=organization, id=link.id)
    if link.limit is None:
        # What the foreign key of a sale would take when it commits: too late to hold off a change of the currency.
        bulk.run(
            "SELECT id FROM payment_link WHERE organization_id = %s AND id = %s FOR KEY SHARE",
            [organization.id, link.id],
        )
        link = found.get()
    return link if link.limit is None else found.select_for_update(no_key=True).get()


def give_free(organization: Organization, link: PaymentLink) -> int:
    """Sales whose payment is over, or was never begun, hold nothing any longer. Says how many. Under the lock of the
    link."""
    held = list(Sale.objects.filter(organization=organization, link=link, state=Sale.State.HELD))
    payments = payments_of_sales(organization, held)
    begun = clock.now(organization) - BEGINS_WITHIN
    over = [
        sale.id
        for sale in held
        if (is_over(payments[sale.id]) if sale.id in payments else sale.created_at < begun)
    ]
    found = Sale.objects.filter(organization=organization, id__in=over, state=Sale.State.HELD)
    return found.update(state=Sale.State.GIVEN_UP)


def left_behind(organization: Organization, link: PaymentLink) -> list[tuple[Sale, Payment]]:
    """Payments on whose pages nobody has paid for so long that others may have the units, the oldest first; those whose
    pages can be closed."""
    since = clock.now(organization) - PAYS_WITHIN
    held = Sale.objects.filter(
        organization=organization, link=link, state=Sale.State.HELD, created_at__lt=since
    )
    sales = list(held.order_by("created_at", "id"))
    payments = payments_of_sales(organization, sales)
    pairs = [(sale, payments[sale.id]) for sale in sales if sale.id in payments]
    return [
        (sale, payment)
        for sale, payment in pairs
        if payment.state == PaymentState.NEEDS_ACTION and closing(payment.gateway_account)
    ]


def enough_of(pages: Iterable[tuple[Sale, Payment]], units: int) -> list[Payment]:
    """The first of ``pages`` that hold ``units`` together, and at most ``MOST_PAGES``."""
    found: list[Payment] = []
    for sale, payment in pages:
        if units <= 0 or len(found) == MOST_PAGES:
            break
        found.append(payment)
        units -= sale.quantity
    return found
