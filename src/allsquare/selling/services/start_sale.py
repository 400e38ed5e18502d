"""Somebody buys by a payment link: units are kept back for them, then they are asked for the money.

No invoice is written yet: most who look at a page do not pay, and a number once given stays (docs/decisions/0019).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.utils.translation import gettext as _

from allsquare.core import clock, failpoints
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.currencies import currency
from allsquare.core.errors import AllsquareError
from allsquare.core.events import News, record
from allsquare.core.idempotency import KeyReused, check_key
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.selectors import check_bookable
from allsquare.payments.asking import close_pages
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.services.start_on_account import Asked, start_on_account
from allsquare.selling.buyers import Buyer, customer_of
from allsquare.selling.errors import InvalidSale, LinkClosed, SoldOut
from allsquare.selling.holds import enough_of, give_free, left_behind, locked
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.selectors import (
    get_sale,
    is_sold_out,
    payment_of_sale,
    units_left,
    why_ended,
)
from allsquare.selling.services.complete_sale import complete_sale
from allsquare.selling.wishes import Wish
from allsquare.tax.categories import TaxCategory
from allsquare.tax.selectors import rate_for


def start_sale(
    *,
    organization: Organization,
    link: PaymentLink,
    wish: Wish,
    buyer: Buyer,
    method: MethodKind,
    gateway_account_id: UUID,
    key: str,
    return_url: str,
    actor: Actor,
    spare_account_ids: Sequence[UUID] = (),
) -> tuple[Sale, Payment]:
    """``key`` names the press of the button: the same again is the same sale. A sale that was paid at once is complete.

    Raises ``LinkClosed``, ``SoldOut``, ``InvalidSale``, ``KeyReused``, ``PeriodClosed`` and the ``RateMissing`` of
    taxes and of the books, and what else ``start_on_account`` does.
    """
    require(organization, actor, Permission.PAY)
    check_key(key)
    sale = _held(organization, link, wish, buyer, key, actor)
    failpoints.reached("sale.held")
    asked = Asked(
        customer=sale.customer,
        amount=Money(sale.total_minor, currency(sale.currency)),
        method=method,
        gateway_account_id=gateway_account_id,
        description=link.name,
        return_url=return_url,
        language=buyer.language,
        link_id=link.id,
        spare_account_ids=tuple(spare_account_ids),
    )
    try:
        payment = start_on_account(organization=organization, asked=asked, key=sale.payment_key, actor=actor)
    except AllsquareError:
        _leave(organization, sale)
        raise
    complete_sale(organization=organization, sale_id=sale.id, actor=SYSTEM)
    return get_sale(organization, sale.id), payment


def _held(
    organization: Organization, link: PaymentLink, wish: Wish, buyer: Buyer, key: str, actor: Actor
) -> Sale:
    """Where the last units are kept back for somebody who went away, their page is closed first."""

    def hold() -> Sale:
        return _hold(organization, link, wish, buyer, key, actor)

    try:
        return retried(hold)
    except IntegrityError:
        return retried(hold)  # the same press in the same moment: its row is the answer
    except SoldOut:
        missing = wish.quantity - (units_left(organization, link) or 0)
        waiting = enough_of(left_behind(organization, link), missing)
        if not waiting:
            raise
        close_pages(organization, waiting)
        return retried(hold)


def _hold(
    organization: Organization, link: PaymentLink, wish: Wish, buyer: Buyer, key: str, actor: Actor
) -> Sale:
    seen = link.currency
    with transaction.atomic():
        link = locked(organization, link)
        earlier = Sale.objects.filter(organization=organization, key=key).select_related("customer").first()
        if earlier is not None:
            _check_same(earlier, link, wish)
            if payment_of_sale(organization, earlier) is not None:
                return earlier
        if link.currency != seen:
            raise InvalidSale(
                _("The price has changed. Nothing was charged. Look at the new sum and press again.")
            )
        _check_sellable(organization, link)
        _check_left(organization, link, wish, beside=earlier)
        if earlier is not None:
            return _held_again(organization, earlier)
        return _begun(organization, link, wish, buyer, key, actor)


def _check_sellable(organization: Organization, link: PaymentLink) -> None:
    """Booking and invoice must be possible when the money is there."""
    closed = why_ended(organization, link)
    if closed:
        raise LinkClosed(closed)
    today = clock.today(organization)
    if link.tax_category == TaxCategory.STANDARD:
        rate_for(organization, country=organization.country, category="S", on=today)
    check_bookable(organization, link.currency, today)


def _check_left(organization: Organization, link: PaymentLink, wish: Wish, *, beside: Sale | None) -> None:
    """``beside`` is this very sale, when it was begun before."""
    if link.limit is None:
        return
    give_free(organization, link)
    left = units_left(organization, link, beside=beside) or 0
    if left < wish.quantity:
        raise SoldOut(_few(organization, link, left))


def _begun(
    organization: Organization, link: PaymentLink, wish: Wish, buyer: Buyer, key: str, actor: Actor
) -> Sale:
    at = clock.now(organization)
    sale = Sale.objects.create(
        organization=organization,
        link=link,
        customer=customer_of(organization, link, buyer),
        quantity=wish.quantity,
        price_minor=wish.price_minor,
        tip_minor=wish.tip_minor,
        currency=link.currency,
        key=key,
        language=buyer.language,
        at_counter=buyer.is_at_counter,
        created_at=at,
    )
    facts: dict[str, object] = {
        "name": link.name,
        "link": str(link.id),
        "quantity": sale.quantity,
        "amount_minor": sale.total_minor,
        "currency": sale.currency,
    }
    news = News("sale.begun", "payment_link", link.id, {**facts, "sale": str(sale.id)})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return sale


def _held_again(organization: Organization, sale: Sale) -> Sale:
    """It was cut off before it asked for money, and its units may have been given free: its time begins anew. Not when
    another press of the same brought it to its end in this moment."""
    found = Sale.objects.filter(organization=organization, id=sale.id).exclude(state=Sale.State.SOLD)
    found.update(state=Sale.State.HELD, created_at=clock.now(organization))
    return sale


def _leave(organization: Organization, sale: Sale) -> None:
    """Its units are free for others at once; not when another press of the same is paying for them."""
    held = Sale.objects.filter(organization=organization, id=sale.id, state=Sale.State.HELD)
    paying = Payment.objects.filter(organization=organization, key=sale.payment_key)
    held.filter(~Exists(paying)).update(state=Sale.State.GIVEN_UP)


def _few(organization: Organization, link: PaymentLink, left: int) -> str:
    if left:
        return _("Only %(left)s are left. Nothing was charged. Choose fewer.") % {"left": left}
    if is_sold_out(organization, link):
        return _("This is sold out. Nothing was charged.")
    return _("Somebody is paying for the last of it. Nothing was charged. Try again in a few minutes.")


def _check_same(earlier: Sale, link: PaymentLink, wish: Wish) -> None:
    then = Wish(earlier.quantity, earlier.price_minor, earlier.tip_minor)
    if earlier.link_id != link.id or then != wish:
        raise KeyReused(
            _("This page was used before. Nothing was charged. Look at it again and press the button.")
        )
