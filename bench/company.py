"""The company that is measured, made by the real services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from django.utils.text import slugify

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.identity.models import Organization, Person
from allsquare.identity.services.create_organization import create_organization
from allsquare.ledger.services.open_books import open_books
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.selectors import gateway_accounts
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.start import start_payment
from allsquare.tax.services.add_rate import add_rate


@dataclass(frozen=True, slots=True)
class Company:
    organization: Organization
    owner: Person
    customer: Customer
    account: GatewayAccount
    by_hand: GatewayAccount


@cache
def company() -> Company:
    """The one that settles, issues and is paid. Where the databases were kept, it may be there."""
    name = "Bench & Söhne GmbH"
    return found_again(name) if Organization.objects.filter(name=name).exists() else found(name)


def found(name: str) -> Company:
    """An organization with open books, a tax rate, a customer, and accounts at the scripted gateway and by hand."""
    owner = Person.objects.create_user(_address(name), None, name="Ada Owner")
    organization = create_organization(
        name=name,
        country="DE",
        base_currency="EUR",
        time_zone="Europe/Berlin",
        language="en",
        owner=owner,
        actor=SYSTEM,
    )
    open_books(organization=organization, actor=SYSTEM)
    add_rate(
        organization=organization,
        name="VAT 19 %",
        country="DE",
        category="S",
        percent=Decimal(19),
        valid_from=date(2020, 1, 1),
        actor=SYSTEM,
    )
    account = add_gateway_account(
        organization=organization, gateway="scripted", label="Scripted", settings={}, actor=SYSTEM
    )
    by_hand = add_gateway_account(
        organization=organization, gateway="offline", label="By hand", settings={}, actor=SYSTEM
    )
    customer = create_customer(
        organization=organization, name="Grace Buyer", email="grace@bench.example", country="DE", actor=SYSTEM
    )
    return Company(organization, owner, customer, account, by_hand)


def found_again(name: str) -> Company:
    """One that :func:`found` made, in a database that was kept."""
    organization = Organization.objects.get(name=name)
    accounts = {account.gateway: account for account in gateway_accounts(organization)}
    return Company(
        organization=organization,
        owner=Person.objects.get(email=_address(name)),
        customer=Customer.objects.filter(organization=organization).order_by("-id")[0],
        account=accounts["scripted"],
        by_hand=accounts["offline"],
    )


def _address(name: str) -> str:
    return f"owner@{slugify(name)}.example"


def issued_invoice(owner: Company) -> Invoice:
    """Two lines with tax, issued: booked, numbered, with its link, its PDF queued."""
    draft = create_draft(
        organization=owner.organization,
        customer_id=owner.customer.id,
        lines=[
            LineInput(description="Consulting", quantity=Decimal(3), unit="HUR", unit_price=Decimal("95.00")),
            LineInput(description="Travel", quantity=Decimal(1), unit_price=Decimal("48.50")),
        ],
        actor=SYSTEM,
    )
    return issue(organization=owner.organization, invoice_ids=[draft.id], actor=SYSTEM)[0]


def pay(owner: Company, invoice: Invoice) -> Payment:
    """Start a payment of the whole invoice; the scripted gateway lets it succeed, and it is settled."""
    return start_payment(
        organization=owner.organization,
        invoice_id=invoice.id,
        amount=Money(invoice.total_minor, currency(invoice.currency)),
        method=MethodKind.CARD,
        gateway_account_id=owner.account.id,
        key=str(new_id()),
        actor=SYSTEM,
    )
