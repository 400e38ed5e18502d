"""Payment links and sales for tests, at a provider that answers what a test tells it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.ledger.services.close_period import close_period
from allsquare.payments.gateway import MethodKind, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.settle import settle
from allsquare.selling import reader
from allsquare.selling.buyers import Buyer
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.services.keep_link import keep_link
from allsquare.selling.services.start_sale import start_sale
from allsquare.selling.wishes import wish_of
from allsquare.tax.services.add_rate import add_rate
from tests.payments.makers import ScriptedGateway, a_key, charge, eur


def vat(organization: Organization) -> None:
    add_rate(
        organization=organization,
        name="VAT 19 %",
        country="DE",
        category="S",
        percent=Decimal(19),
        valid_from=date(2020, 1, 1),
        actor=SYSTEM,
    )


def make_link(organization: Organization, **details: Any) -> PaymentLink:
    """A bag of coffee for 11.90 €, unless told otherwise."""
    facts: dict[str, Any] = {"name": "Coffee", "price_minor": 1190, "currency": "EUR", **details}
    return keep_link(organization=organization, actor=SYSTEM, **facts)


def buy(
    link: PaymentLink,
    account: GatewayAccount,
    *,
    quantity: int = 1,
    price: str = "",
    tip: int = 0,
    email: str = "ada@example.com",
    name: str = "Ada",
    key: str = "",
    method: MethodKind = MethodKind.CARD,
) -> tuple[Sale, Payment]:
    named = Money.parse(price, currency(link.currency)) if price else None
    return start_sale(
        organization=link.organization,
        link=link,
        wish=wish_of(link, quantity=quantity, price=named, tip_percent=tip),
        buyer=Buyer(name=name, email=email, language="en"),
        method=method,
        gateway_account_id=account.id,
        key=key or a_key(),
        return_url="https://shop.example/back",
        actor=SYSTEM,
    )


def will_pay(minor: int, reference: str = "ch_1") -> None:
    ScriptedGateway.answers.append(charge(reference=reference, amount=eur(minor), fee=eur(30)))


def will_ask(reference: str = "ch_1") -> None:
    ScriptedGateway.answers.append(
        charge(Status.ACTION_REQUIRED, reference=reference, redirect="https://pay.provider.example/")
    )


def came(account: GatewayAccount, reference: str, minor: int) -> None:
    settle(
        organization=account.organization,
        gateway_account=account,
        outcomes=[charge(reference=reference, amount=eur(minor), fee=eur(30))],
        actor=SYSTEM,
    )


def read_news(organization: Organization) -> None:
    reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))


def grow_old(sale: Sale, minutes: int) -> None:
    """As if it had been begun so long ago."""
    at = clock.now(sale.organization) - timedelta(minutes=minutes)
    Sale.objects.filter(organization=sale.organization, id=sale.id).update(created_at=at)


def close_today(organization: Organization) -> None:
    """The books are closed for the day on which it is sold: the business moved to where yesterday still is."""
    in_zone(organization, "Pacific/Pago_Pago")
    over = clock.today(organization)
    in_zone(organization, "Pacific/Kiritimati")  # always a day ahead, and for an hour of each day two
    close_period(organization=organization, starts_on=over, ends_on=over, actor=SYSTEM)
    in_zone(organization, "Pacific/Pago_Pago")


def in_zone(organization: Organization, zone: str) -> None:
    organization.time_zone = zone
    organization.save(update_fields=["time_zone"])
