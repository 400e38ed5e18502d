"""What is left behind by people who went away is given free, for whoever comes next. The worker does it by rounds."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.payments.asking import closed
from allsquare.payments.models import Payment
from allsquare.payments.states import PaymentState
from allsquare.selling.holds import (
    BEGINS_WITHIN,
    enough_of,
    give_free,
    left_behind,
    locked,
)
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.selectors import units_left

#: Links of one organization in one round.
MOST_LINKS: Final = 5
#: A page that could not be closed for so long ends by itself, and the sweep hears of it.
TRIED_FOR: Final = timedelta(days=1)


def free_units(*, organization: Organization) -> int:
    """How many sales gave up what they held: their pages were closed, or they never asked for money.

    Only where less is left than one person may buy: while there is enough, whoever is slow may take their time. The
    system does this by itself, so no actor is asked for.
    """
    silent: set[UUID] = set()
    return sum(_free(organization, link, silent) for link in _links(organization))


def _free(organization: Organization, link: PaymentLink, silent: set[UUID]) -> int:
    with transaction.atomic():
        link = locked(organization, link)
        freed = give_free(organization, link)
    left = units_left(organization, link)
    if left is None:
        return freed
    tried = clock.now(organization) - TRIED_FOR
    pages = [
        (sale, payment)
        for sale, payment in left_behind(organization, link)
        if sale.created_at > tried and payment.gateway_account_id not in silent
    ]
    random.shuffle(pages)  # those that cannot be closed do not keep the others from their turn
    waiting = enough_of(pages, link.most - left)
    _close(organization, waiting, silent)
    return freed + _closed(organization, waiting)


def _close(organization: Organization, payments: list[Payment], silent: set[UUID]) -> None:
    """An account that gave no answer is ``silent`` for the rest of the round: each of its pages may take as long, and
    everybody else waits meanwhile."""
    for payment in payments:
        account = payment.gateway_account_id
        if account not in silent and not closed(organization, payment):
            silent.add(account)


def _closed(organization: Organization, payments: list[Payment]) -> int:
    asked = Payment.objects.filter(organization=organization, id__in=[each.id for each in payments])
    return asked.exclude(state=PaymentState.NEEDS_ACTION).count()


def _links(organization: Organization) -> QuerySet[PaymentLink]:
    """Those that sell still, in any order, as with their pages."""
    begun = clock.now(organization) - BEGINS_WITHIN
    held = Sale.objects.filter(organization=organization, state="held", created_at__lt=begun)
    found = PaymentLink.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=clock.today(organization)),
        organization=organization,
        closed_at__isnull=True,
        id__in=held.values("link_id"),
    )
    taken = Sum("sales__quantity", filter=Q(sales__state__in=("held", "sold")))
    short = found.annotate(taken=taken).filter(taken__gt=F("limit") - F("most"))
    return short.order_by("?")[:MOST_LINKS]
