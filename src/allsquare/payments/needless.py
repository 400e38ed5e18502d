"""Pages of providers that wait for a payer while their invoice wants less than they ask for, or nothing any more: since
it was paid, credited or given up, or since another way to pay it is taken now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.billing.states import OPEN_STATES
from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.identity.models import Organization
from allsquare.payments.asking import close_page, closed
from allsquare.payments.beginning import committed
from allsquare.payments.models import Payment
from allsquare.payments.plan import GRACE
from allsquare.payments.registry import closing
from allsquare.payments.shares import payments_for
from allsquare.payments.slips import is_sent_there
from allsquare.payments.states import OPEN, PaymentState
from allsquare.payments.taking import check_not_taken, pays_already
from allsquare.payments.under_way import pages_for_too_much
from allsquare.payments.wish import PagesOpen

T = TypeVar("T")

#: Pages that were tried to be closed.
Tried = frozenset[UUID]
#: While pages are closed other tabs may open new ones. No hand is so fast for long.
_ROUNDS: Final = 4
_NOW: Final = timedelta(0)


def needless(payments: Iterable[Payment], left: int) -> list[Payment]:
    """Of ``payments``, all that may become money for an invoice, the pages for more than the ``left`` that it wants.

    A transfer to the provider may be on its way, and nobody can stop a bank: it is waited for while anything is wanted,
    and what is over becomes customer credit, as with a transfer to the business. Nor does it count beside a page."""
    found = [payment for payment in payments if left <= 0 or not is_sent_there(payment)]
    return pages_for_too_much(found, left)


def needless_pages(organization: Organization, invoice_id: UUID) -> list[Payment]:
    """As the invoice stands."""
    invoice = Invoice.objects.get(organization=organization, id=invoice_id)
    undecided = Payment.objects.filter(organization=organization, state__in=OPEN).order_by("id")
    asking = payments_for(organization, [invoice_id], undecided.select_related("gateway_account"))
    return needless(asking, invoice.open_minor if invoice.state in OPEN_STATES else 0)


def close_needless(organization: Organization, pages: Iterable[Payment]) -> None:
    """At their providers, outside any transaction, after what made them needless was committed. Who does not answer is
    asked again soon by the sweep, which closes what nobody wants."""
    later = [payment.id for payment in pages if not closed(organization, payment)]
    if later:
        close_soon(organization, later, after=GRACE)


def close_soon(organization: Organization, pages: Iterable[UUID], *, after: timedelta = _NOW) -> None:
    """By the sweep: their plan of times begins anew. For whoever is inside a transaction, or has many."""
    waiting = Payment.objects.filter(
        organization=organization, id__in=list(pages), state=PaymentState.NEEDS_ACTION
    )
    waiting.update(next_check_at=clock.now(None) + after, checks=0)


def past_pages(organization: Organization, actor: Actor, intend: Callable[[Tried], T]) -> T:
    """What ``intend`` writes, committed, after the pages that could be paid beside it were closed. It is told which
    were tried, and raises ``PagesOpen`` of others: what is opened in another tab meanwhile must be closed too, or both
    could be paid.

    A page that cannot be closed stays as it is: its payer decides. Nobody is charged by agreement beside one that could
    have been closed, and was not: they may be paying there. Raises ``PaymentUnderWay``."""
    tried: Tried = frozenset()
    for _round in range(_ROUNDS):
        try:
            return committed(partial(intend, tried))
        except PagesOpen as found:
            for page in found.pages:
                shut = close_page(organization=organization, payment=page, actor=actor)
                if not shut and actor.kind is ActorKind.SYSTEM and closing(page.gateway_account):
                    raise pays_already() from None
            check_not_taken(organization, found.pages)
            tried |= {page.id for page in found.pages}
    raise pays_already()
