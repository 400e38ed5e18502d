"""A payment link is made or changed. What was sold by it stays as it was sold."""

from __future__ import annotations

from datetime import date
from typing import Unpack
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core import checks, clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.idempotency import Answer, once
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.selectors import check_bookable
from allsquare.payments.arrivals import LARGEST
from allsquare.selling.details import LinkDetails, mark_of_link
from allsquare.selling.errors import LinkChanged
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.selectors import get_link
from allsquare.tax.categories import TaxCategory
from allsquare.tax.selectors import rate_for

#: More to choose from than this is no help.
MOST_CHOICES = 6


@retrying
def keep_link(
    *,
    organization: Organization,
    actor: Actor,
    link_id: UUID | None = None,
    key: str = "",
    seen: str = "",
    **details: Unpack[LinkDetails],
) -> PaymentLink:
    """Made where no ``link_id`` is given, and with a ``key`` once however often it is asked. Only ``details`` are
    written: a close in the same moment stands. ``seen`` is the link's mark (``details.mark_of_link``) when it was
    read: another one since then is not written over.

    Raises ``LinkUnknown``, ``LinkChanged``, ``FieldErrors``, ``KeyReused``, ``KeyInvalid``, and what says that a sale
    could not be invoiced or booked today: ``PeriodClosed``, and ``RateMissing`` of taxes and of the books.
    """
    require(organization, actor, Permission.EDIT_ITEMS)
    if link_id is not None or not key:
        return _keep(organization, actor, link_id, seen, details)

    def make() -> Answer:
        return {"link": str(_keep(organization, actor, None, seen, details).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="payment_link.make",
        key=key,
        given={name: getattr(value, "pk", value) for name, value in details.items()},
        at=clock.now(organization),
        work=make,
    )
    return get_link(organization, UUID(str(answer["link"])))


def _keep(
    organization: Organization, actor: Actor, link_id: UUID | None, seen: str, details: LinkDetails
) -> PaymentLink:
    at = clock.now(organization)
    if link_id is None:
        link = PaymentLink(organization=organization, currency=organization.base_currency, created_at=at)
    else:
        link = _locked(organization, link_id)
        if seen and seen != mark_of_link(link):
            raise LinkChanged(_("Somebody changed this link meanwhile."))
    before, ended = link.currency, link.ends_on
    for name, value in details.items():
        setattr(link, name, value)
    _check(organization, link, ended)
    if link_id is None:
        link.save(force_insert=True)
    else:
        _check_currency(organization, link, before)
        link.save(update_fields=list(details))
    kind = "payment_link.created" if link_id is None else "payment_link.changed"
    news = News(kind, "payment_link", link.id, {"name": link.name})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return link


def _locked(organization: Organization, link_id: UUID) -> PaymentLink:
    """No sale is begun by it meanwhile."""
    PaymentLink.objects.select_for_update().filter(organization=organization, id=link_id).first()
    return get_link(organization, link_id)


def _check_currency(organization: Organization, link: PaymentLink, before: str) -> None:
    """Its figures are sums of what its sales came to."""
    sales = Sale.objects.filter(organization=organization, link=link)
    if link.currency != before and sales.exists():
        said = _("This link was used in %(currency)s already. Make another one for another currency.")
        raise FieldErrors({"currency": said % {"currency": before}})


def _check(organization: Organization, link: PaymentLink, ended: date | None) -> None:
    """``ended``: its last day until now, which may be over."""
    errors = checks.problems(
        link,
        {
            "name": checks.needed(_lazy("Say what is sold.")),
            "currency": checks.money_code,
            "tax_category": lambda code: TaxCategory.of(code).value,
        },
    )
    errors |= _wrong_sums(link)
    if link.item is not None and link.item.organization_id != organization.id:
        errors["item"] = _("This item is no longer there. Choose another.")
    today = clock.today(organization)
    if link.ends_on is not None and link.ends_on != ended and link.ends_on < today:
        errors["ends_on"] = _("This day is over. Choose a later one, or leave it empty.")
    if errors:
        raise FieldErrors(errors)
    # Whoever pays must get an invoice at once, and the money must be booked.
    if link.tax_category == TaxCategory.STANDARD:
        rate_for(organization, country=organization.country, category="S", on=today)
    check_bookable(organization, link.currency, today)


def _wrong_sums(link: PaymentLink) -> dict[str, str]:
    errors = {}
    if link.price_minor is not None and not 0 < link.price_minor <= LARGEST:
        errors["price"] = _("Enter an amount above zero.")
    if not 0 <= link.least_minor <= LARGEST:
        errors["least"] = _("Enter an amount above zero.")
    if any(not max(link.least_minor, 1) <= each <= LARGEST for each in link.suggested):
        errors["suggested"] = _("Suggest no amount below the smallest one.")
    if any(not 1 <= each <= 100 for each in link.tips):
        errors["tips"] = _("Choose a percentage from 1 to 100.")
    for name in ("suggested", "tips"):
        if len(getattr(link, name)) > MOST_CHOICES:
            errors[name] = _("Offer at most %(most)s.") % {"most": MOST_CHOICES}
    if not 1 <= link.most <= 1000:
        errors["most"] = _("Choose a number from 1 to %(most)s.") % {"most": 1000}
    return errors
