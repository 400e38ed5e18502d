"""Reading payment links and sales. The organization comes first; a link's address finds its own."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment
from allsquare.selling.errors import LinkUnknown, SaleUnknown
from allsquare.selling.models import PaymentLink, Sale


def get_link(organization: Organization, link_id: UUID) -> PaymentLink:
    """With its item. Raises :class:`LinkUnknown`."""
    found = PaymentLink.objects.filter(organization=organization, id=link_id).select_related("item").first()
    if found is None:
        raise LinkUnknown(_("There is no such payment link."))
    return found


def link_by_token(token: str) -> PaymentLink:
    """With its organization, by what stands in the address. Raises :class:`LinkUnknown`."""
    found = PaymentLink.objects.filter(token=token).select_related("organization", "item").first()
    if found is None:
        raise LinkUnknown(_("This link leads nowhere. Check that it was copied whole, or ask who sent it."))
    return found


def units_left(organization: Organization, link: PaymentLink, *, beside: Sale | None = None) -> int | None:
    """``None`` where there is no limit. What ``beside`` keeps back counts as left."""
    if link.limit is None:
        return None
    taken = Sale.objects.filter(organization=organization, link=link, state__in=("held", "sold"))
    if beside is not None:
        taken = taken.exclude(id=beside.id)
    return max(link.limit - (taken.aggregate(units=Sum("quantity"))["units"] or 0), 0)


def is_sold_out(organization: Organization, link: PaymentLink) -> bool:
    """Was all of it paid for? What is only kept back may become free again."""
    if link.limit is None:
        return False
    sold = Sale.objects.filter(organization=organization, link=link, state="sold")
    return (sold.aggregate(units=Sum("quantity"))["units"] or 0) >= link.limit


def why_ended(organization: Organization, link: PaymentLink) -> str:
    """One sentence for whoever wanted to buy; empty while the link sells what is left."""
    if link.closed_at is not None:
        return _("This is not sold any more.")
    if link.ends_on and clock.today(organization) > link.ends_on:
        return _("The time to buy this is over.")
    return ""


def why_closed(organization: Organization, link: PaymentLink) -> str:
    """As :func:`why_ended`, and when nothing is left."""
    ended = why_ended(organization, link)
    if not ended and is_sold_out(organization, link):
        return _("This is sold out.")
    return ended


def is_counter(organization: Organization, customer_id: UUID) -> bool:
    """Does this customer stand for all who left neither name nor address?"""
    sales = Sale.objects.filter(organization=organization, customer_id=customer_id, at_counter=True)
    return sales.exists()


def get_sale(organization: Organization, sale_id: UUID) -> Sale:
    """With link, customer and invoice. Raises :class:`SaleUnknown`."""
    found = Sale.objects.filter(organization=organization, id=sale_id)
    sale = found.select_related("link", "customer", "invoice").first()
    if sale is None:
        raise SaleUnknown(_("There is no such sale."))
    return sale


def sale_by_key(organization: Organization, link: PaymentLink, key: str) -> Sale | None:
    """The sale of one press of the button."""
    return Sale.objects.filter(organization=organization, link=link, key=key).first()


def payment_of_sale(organization: Organization, sale: Sale) -> Payment | None:
    """``None`` when it was cut off before it asked for money."""
    found = Payment.objects.filter(organization=organization, key=sale.payment_key)
    return found.select_related("customer", "invoice", "gateway_account").first()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a link has sold. Minor units of its currency."""

    sales: int
    units: int
    total_minor: int
    tips_minor: int
    held: int
    given_up: int


def figures_of(organization: Organization, link: PaymentLink) -> Figures:
    """One query."""
    sold = Q(state="sold")
    found = Sale.objects.filter(organization=organization, link=link).aggregate(
        sales=Count("id", filter=sold),
        units=Sum("quantity", filter=sold),
        goods=Sum(F("price_minor") * F("quantity"), filter=sold),
        tips=Sum("tip_minor", filter=sold),
        held=Count("id", filter=Q(state="held")),
        given_up=Count("id", filter=Q(state="given_up")),
    )
    tips = found["tips"] or 0
    return Figures(
        sales=found["sales"],
        units=found["units"] or 0,
        total_minor=(found["goods"] or 0) + tips,
        tips_minor=tips,
        held=found["held"],
        given_up=found["given_up"],
    )


def latest_sales(organization: Organization, link: PaymentLink, *, limit: int = 20) -> list[Sale]:
    """Newest first."""
    found = Sale.objects.filter(organization=organization, link=link)
    return list(found.select_related("customer", "invoice").order_by("-id")[:limit])
