"""The demonstration company: a year of believable business, made through the real services.

The organization's clock is set back a year and moved forward event by event, so every date, number, booking
and event is what a year of use would have left. Card payments go through the sandbox provider itself.
Random, with a fixed seed: every demonstration looks the same.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.billing.services.send import mark_sent
from allsquare.billing.services.void import void
from allsquare.catalog.models import Item
from allsquare.catalog.services.create_item import create_item
from allsquare.cli.company import SandboxGateway, connect_sandbox
from allsquare.cli.stack import Stack
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.embedded_postgres import Cluster
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.identity.models import Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.add_member import add_member
from allsquare.identity.services.change_logo import change_logo
from allsquare.notifications.reader import skip_to_now
from allsquare.onboarding.services.set_up_organization import set_up_organization
from allsquare.payments import selectors as payments
from allsquare.payments.gateway import MethodKind
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.refund import refund
from allsquare.payments.services.start import start_payment

DEMO_EMAIL = "olivia@halvorsen.example"
CLERK_EMAIL = "karim@halvorsen.example"
DEMO_PASSWORD = "all-square-demo"  # noqa: S105  # of people who exist in the demonstration alone
COMPLETE = "history.complete"  # a file that says that the year was lived to its end
NAME = "Halvorsen & Reyes Studio"
GOOD_CARD, DECLINED_CARD = "4242424242424242", "4000000100000001"

CUSTOMERS: Sequence[tuple[str, str, str, str, str]] = (
    ("Northwind Bakery GmbH", "Lange Reihe 12", "20099", "Hamburg", "DE"),
    ("Atelier Moreau SARL", "8 rue des Carmes", "44000", "Nantes", "FR"),
    ("Café Zürichsee AG", "Seestrasse 140", "8002", "Zürich", "CH"),
    ("Kobayashi 珈琲店", "Immermannstraße 20", "40210", "Düsseldorf", "DE"),
    ("شركة النور للتجارة", "Sonnenallee 77", "12045", "Berlin", "DE"),
    ("Łukasz Wiśniewski", "Ulica Długa 4", "31-146", "Kraków", "PL"),
    ("Fjord & Fell Outdoor", "Torggata 9", "0181", "Oslo", "NO"),
    ("Biokiste Sommer e. K.", "Am Anger 3", "99084", "Erfurt", "DE"),
    ("Green Lane Dental", "Green Lane 31", "D02 XY45", "Dublin", "IE"),
    ("Tischlerei Brandt", "Werkhof 2", "28195", "Bremen", "DE"),
)
ITEMS: Sequence[tuple[str, str, str, str, str]] = (
    ("DES-H", "Design, per hour", "service", "HUR", "95.00"),
    ("WEB-H", "Web development, per hour", "service", "HUR", "110.00"),
    ("CARE", "Care plan, per month", "service", "MON", "149.00"),
    ("PRINT", "Business cards, 500", "product", "C62", "84.90"),
    ("PHOTO", "Product photography, half a day", "service", "C62", "480.00"),
)


LOGO = """<svg xmlns="http://www.w3.org/2000/svg" width="176" height="48" viewBox="0 0 176 48">
<path d="M4 6h10v14h12V6h10v36H26V28H14v14H4z" fill="#0f5c57"/>
<path d="M48 6h17q13 0 13 12 0 8-7 11l9 13H68l-8-12h-2v12H48zm10 8v9h6q4 0 4-4.500T64 14z" fill="#e08a1e"/>
<path d="M92 40h76v2H92z" fill="#0f5c57"/></svg>"""


@dataclass(frozen=True, slots=True)
class Company:
    organization: Organization
    gateway: SandboxGateway


def forget_half_made() -> None:
    """A first start that was broken off is begun anew: half a year of history would be no history."""
    if (settings.HOME / COMPLETE).exists():
        return
    if Cluster.at().directory.exists():
        Cluster.at().destroy()
    for name in ("documents", "sandbox.db", "sandbox.db-wal", "sandbox.db-shm"):
        path = settings.HOME / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def ensure_company(running: Stack) -> Company:
    """The company of this home, made on the first start."""
    owner = Person.objects.filter(email=DEMO_EMAIL).first()
    if owner is not None:
        organization = owner.memberships.select_related("organization").get().organization
        account = next(a for a in payments.gateway_accounts(organization) if a.gateway == "sandbox")
        return Company(
            organization, SandboxGateway(account, payments.account_settings(organization, account)["api_key"])
        )
    print("Making a year of history (only on the first start) …", flush=True)
    company = _found(running)
    Year(running, company).live()
    skip_to_now()
    (settings.HOME / COMPLETE).touch()
    return company


def _found(running: Stack) -> Company:
    owner = Person.objects.create_user(DEMO_EMAIL, DEMO_PASSWORD, name="Olivia Halvorsen")
    organization = set_up_organization(
        owner=owner,
        actor=SYSTEM,
        name=NAME,
        country="DE",
        base_currency="EUR",
        time_zone="Europe/Berlin",
        language="en",
        email="billing@halvorsen.example",
        phone="+49 30 5550 0100",
        street="Oranienstraße 25",
        postal_code="10999",
        city="Berlin",
        tax_id="DE136695976",
        iban="DE02120300000000202051",
        bic="BYLADEM1001",
        payment_days=14,
        rates={"S": "19", "Z": "0"},
        rates_from=clock.now(None).date() - timedelta(days=3000),
    )
    change_logo(organization=organization, data=LOGO.encode(), media_type="image/svg+xml", actor=SYSTEM)
    clerk = Person.objects.create_user(CLERK_EMAIL, DEMO_PASSWORD, name="Karim Haddad")
    add_member(organization=organization, person=clerk, role=Role.BILLING_CLERK, actor=SYSTEM)
    return Company(organization, connect_sandbox(running, organization))


class Year:
    """Lives a year of the company, day by day."""

    def __init__(self, running: Stack, company: Company) -> None:
        self.running = running
        self.organization = company.organization
        self.gateway = company.gateway
        self.random = random.Random(20)  # noqa: S311  # a believable year, not a secret
        self.today = clock.now(None).date()
        self.customers: list[Customer] = []
        self.items: list[Item] = []
        self.due: list[tuple[datetime, Invoice, str]] = []

    def live(self) -> None:
        start = self.today - timedelta(days=365)
        self._set_clock(datetime.combine(start, time(8, 0), UTC))
        self.customers = [self._customer(*facts) for facts in CUSTOMERS]
        self.items = [self._item(*facts) for facts in ITEMS]
        for day in range(366):
            morning = datetime.combine(start + timedelta(days=day), time(7, 30), UTC)
            self._pay_what_is_due(morning)
            if morning.weekday() < 5 and self.random.random() < 0.5:
                self._bill(morning + timedelta(minutes=self.random.randrange(480)))
        self._set_clock(None)

    def _set_clock(self, instant: datetime | None) -> None:
        """The organization's present; never past the real one."""
        real = clock.now(None)
        offset = min(instant, real) - real if instant else timedelta(0)
        self.organization.clock_offset = offset
        self.organization.save(update_fields=["clock_offset"])

    def _customer(self, name: str, street: str, postal_code: str, city: str, country: str) -> Customer:
        return create_customer(
            organization=self.organization,
            actor=SYSTEM,
            name=name,
            email=f"accounts{len(self.customers) + self.random.randrange(1000)}@customer.example",
            street=street,
            postal_code=postal_code,
            city=city,
            country=country,
            language="de" if country in ("DE", "CH") else "en",
            currency="EUR",
        )

    def _item(self, code: str, name: str, kind: str, unit: str, price: str) -> Item:
        return create_item(
            organization=self.organization,
            actor=SYSTEM,
            code=code,
            name=name,
            kind=kind,
            unit=unit,
            unit_price=Decimal(price),
            currency="EUR",
        )

    def _bill(self, at: datetime) -> None:
        """A customer gets an invoice, and will pay it one day, in their way."""
        self._set_clock(at)
        customer = self.random.choice(self.customers)
        chosen = self.random.sample(self.items, k=self.random.choice((1, 1, 2, 3)))
        draft = create_draft(
            organization=self.organization,
            customer_id=customer.id,
            lines=[self._line(item) for item in chosen],
            discount_percent=Decimal(self.random.choice((0, 0, 0, 5))),
            actor=SYSTEM,
        )
        if at.date() >= self.today - timedelta(days=1) and self.random.random() < 0.5:
            return  # a draft is still on the desk
        (invoice,) = issue(organization=self.organization, invoice_ids=[draft.id], actor=SYSTEM)
        ensure_pdf(organization=self.organization, invoice_id=invoice.id)
        mark_sent(organization=self.organization, invoice_ids=[invoice.id], actor=SYSTEM)
        how = self.random.choices(
            ("card", "transfer", "cash", "late", "never", "void"), (52, 25, 3, 12, 5, 3)
        )[0]
        days = self.random.randrange(20, 55) if how == "late" else self.random.randrange(1, 14)
        if how != "never":
            self.due.append((at + timedelta(days=days), invoice, how))

    def _line(self, item: Item) -> LineInput:
        hourly = item.unit == "HUR"
        quantity = (
            Decimal(self.random.randrange(4, 60)) / 2 if hourly else Decimal(self.random.choice((1, 1, 2)))
        )
        return LineInput(
            description=item.name,
            quantity=quantity,
            unit=item.unit,
            unit_price=item.unit_price,
            item_id=item.id,
        )

    def _pay_what_is_due(self, now: datetime) -> None:
        ready = sorted((entry for entry in self.due if entry[0] <= now), key=lambda entry: entry[0])
        self.due = [entry for entry in self.due if entry[0] > now]
        for at, invoice, how in ready:
            self._set_clock(at)
            if how == "void":
                void(
                    organization=self.organization,
                    invoice_id=invoice.id,
                    reason="Ordered by mistake",
                    actor=SYSTEM,
                )
            elif how in ("transfer", "cash"):
                self._record(invoice, MethodKind.CASH if how == "cash" else MethodKind.BANK_TRANSFER)
            else:
                self._pay_by_card(invoice)

    def _record(self, invoice: Invoice, method: MethodKind) -> None:
        account = payments.recording_account(self.organization)
        if account is None:
            raise LookupError("the demonstration company has no account for money by hand")
        part = self.random.random() < 0.06  # some send a part first
        minor = invoice.total_minor // 2 if part else invoice.total_minor
        start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=Money(minor, currency(invoice.currency)),
            method=method,
            gateway_account_id=account.id,
            key=str(new_id()),
            actor=SYSTEM,
            received_on=clock.today(self.organization),
            note=f"Transfer {invoice.number}",
        )

    def _pay_by_card(self, invoice: Invoice) -> None:
        """At the provider, as a payer would; some cards are declined first, some payments given back in part."""
        if self.random.random() < 0.08:
            self._at_provider(invoice, DECLINED_CARD)
        payment_id = self._at_provider(invoice, GOOD_CARD)
        if self.random.random() < 0.05:
            refund(
                organization=self.organization,
                payment_id=payment_id,
                amount=Money(invoice.total_minor // 5, currency(invoice.currency)),
                reason="Agreed rebate",
                key=str(new_id()),
                actor=SYSTEM,
            )

    def _at_provider(self, invoice: Invoice, card: str) -> UUID:
        payment = start_payment(
            organization=self.organization,
            invoice_id=invoice.id,
            amount=Money(invoice.total_minor, currency(invoice.currency)),
            method=MethodKind.CARD,
            gateway_account_id=self.gateway.account.id,
            key=str(new_id()),
            actor=SYSTEM,
            return_url=f"{self.running.base_url}/",
        )
        self.running.sandbox(
            "POST", f"/control/charges/{payment.reference}/pay", api_key=self.gateway.api_key, number=card
        )
        check_payment(organization=self.organization, payment=payment)
        return payment.id
