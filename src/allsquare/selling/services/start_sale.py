"""Somebody buys by a payment link: units are kept back for them, then they are asked for the money.

No invoice is written yet: most who look at a page do not pay, and a number once given stays (docs/decisions/0016).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.core import clock, failpoints
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.currencies import currency
from allsquare.core.events import News, record
from allsquare.core.idempotency import MAX_KEY, KeyReused, check_key
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.customers.models import Customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.asking import close_page
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.services.start_on_account import Asked, start_on_account
from allsquare.selling.errors import LinkClosed, SoldOut
from allsquare.selling.holds import give_free, left_behind
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.selectors import get_sale, units_left, why_closed
from allsquare.selling.services.complete_sale import complete_sale
from allsquare.selling.wishes import Wish
from allsquare.tax.categories import TaxCategory
from allsquare.tax.selectors import rate_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who buys. Without an address it is somebody at the counter."""

    name: str = ""
    email: str = ""
    language: str


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
) -> tuple[Sale, Payment]:
    """``key`` names the press of the button: the same again is the same sale. A sale that was paid at once is complete.

    Raises ``LinkClosed``, ``SoldOut``, ``InvalidSale``, ``RateMissing``, ``KeyReused`` and what
    ``start_on_account`` does.
    """
    require(organization, actor, Permission.PAY)
    check_key(key)
    if link.tax_category == TaxCategory.STANDARD:
        # An invoice must be possible when the money is there.
        rate_for(organization, country=organization.country, category="S", on=clock.today(organization))
    customer = _customer(organization, link, buyer, key)
    sale = _held(organization, link, wish, customer, buyer, key, actor)
    failpoints.reached("sale.held")
    asked = Asked(
        customer=sale.customer,
        amount=Money(sale.total_minor, currency(sale.currency)),
        method=method,
        gateway_account_id=gateway_account_id,
        description=link.name,
        return_url=return_url,
        language=buyer.language,
    )
    payment = start_on_account(organization=organization, asked=asked, key=sale.payment_key, actor=actor)
    complete_sale(organization=organization, sale_id=sale.id, actor=SYSTEM)
    return get_sale(organization, sale.id), payment


def _held(
    organization: Organization,
    link: PaymentLink,
    wish: Wish,
    customer: Customer,
    buyer: Buyer,
    key: str,
    actor: Actor,
) -> Sale:
    """Where the last units are kept back for somebody who went away, their page is closed first."""

    def hold() -> Sale:
        return _hold(organization, link, wish, customer, buyer, key, actor)

    try:
        return retried(hold)
    except IntegrityError:
        return retried(hold)  # the same press in the same moment: its row is the answer
    except SoldOut:
        waiting = left_behind(organization, link)
        if not waiting:
            raise
        for payment in waiting:
            close_page(organization=organization, payment=payment, actor=SYSTEM)
        return retried(hold)


def _hold(
    organization: Organization,
    link: PaymentLink,
    wish: Wish,
    customer: Customer,
    buyer: Buyer,
    key: str,
    actor: Actor,
) -> Sale:
    """The link is the queue, where units are counted; without a limit nobody waits for anybody."""
    with transaction.atomic():
        if link.limit is not None:
            link = (
                PaymentLink.objects.select_for_update(no_key=True)
                .select_related(None)
                .get(organization=organization, id=link.id)
            )
        earlier = Sale.objects.filter(organization=organization, key=key).select_related("customer").first()
        if earlier is not None:
            return _same(earlier, wish)
        if link.limit is not None:
            give_free(organization, link)
        closed = why_closed(organization, link)
        left = units_left(organization, link)
        if left is not None and left < wish.quantity:
            raise SoldOut(_few(left))
        if closed:
            raise LinkClosed(closed)
        at = clock.now(organization)
        sale = Sale.objects.create(
            organization=organization,
            link=link,
            customer=customer,
            quantity=wish.quantity,
            price_minor=wish.price_minor,
            tip_minor=wish.tip_minor,
            currency=link.currency,
            key=key,
            language=buyer.language,
            at_counter=not buyer.email.strip(),
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


def _few(left: int) -> str:
    if left == 0:
        return _("This is sold out. Nothing was charged.")
    return _("Only %(left)s are left. Nothing was charged. Choose fewer.") % {"left": left}


def _same(earlier: Sale, wish: Wish) -> Sale:
    if Wish(earlier.quantity, earlier.price_minor, earlier.tip_minor) != wish:
        raise KeyReused(
            _("This page was used before. Nothing was charged. Look at it again and press the button.")
        )
    return earlier


def _customer(organization: Organization, link: PaymentLink, buyer: Buyer, key: str) -> Customer:
    """Known by their address, else entered; one for all who leave none. The system does it for them."""
    email = buyer.email.strip().lower()
    if not email:
        return _at_counter(organization, link, key)
    known = Customer.objects.filter(organization=organization, email=email, archived_at__isnull=True)
    found = known.order_by("id").first()
    return found or create_customer(
        organization=organization,
        name=buyer.name.strip()[:200] or email.partition("@")[0],
        actor=SYSTEM,
        key=f"buyer-{key}"[:MAX_KEY],
        kind=Customer.Kind.PERSON,
        email=email,
        language=buyer.language,
        currency=link.currency,
    )


def _at_counter(organization: Organization, link: PaymentLink, key: str) -> Customer:
    """Whom the last sale of this kind was made to."""
    before = Sale.objects.filter(
        organization=organization, at_counter=True, currency=link.currency, customer__archived_at__isnull=True
    )
    latest = before.select_related("customer").order_by("-id").first()
    if latest is not None:
        return latest.customer
    with translation.override(organization.language):
        name = _("Counter sales")
    return create_customer(
        organization=organization,
        name=name,
        actor=SYSTEM,
        key=f"counter-{key}"[:MAX_KEY],
        currency=link.currency,
    )
