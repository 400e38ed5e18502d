"""Payment links and sales for tests, at a provider that answers what a test tells it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.selling.models import PaymentLink, Sale
from allsquare.selling.services.keep_link import keep_link
from allsquare.selling.services.start_sale import Buyer, start_sale
from allsquare.selling.wishes import wish_of
from allsquare.tax.services.add_rate import add_rate
from tests.payments.makers import a_key


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
    key: str = "",
) -> tuple[Sale, Payment]:
    named = Money.parse(price, currency(link.currency)) if price else None
    return start_sale(
        organization=link.organization,
        link=link,
        wish=wish_of(link, quantity=quantity, price=named, tip_percent=tip),
        buyer=Buyer(name="Ada", email=email, language="en"),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=key or a_key(),
        return_url="https://shop.example/back",
        actor=SYSTEM,
    )
