"""Invoices for tests, by the real services."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.tax.services.add_rate import add_rate

#: 2 × 100 € at the standard rate of 19 %: net 200.00, tax 38.00, total 238.00.
WORK = LineInput(description="Work", quantity=Decimal(2), unit_price=Decimal(100))
TOTAL_OF_WORK = 23800
#: Without tax, so that the total is the price.
PLAIN = LineInput(description="Plain", quantity=Decimal(1), unit_price=Decimal("100.00"), tax_category="Z")


def add_german_rates(organization: Organization) -> None:
    for name, percent in (("VAT", 19), ("VAT reduced", 7)):
        add_rate(
            organization=organization,
            name=name,
            country="DE",
            category="S",
            percent=Decimal(percent),
            valid_from=date(2020, 1, 1),
            actor=SYSTEM,
        )


def plain(price: str) -> LineInput:
    """A line without tax that comes to ``price``."""
    return replace(PLAIN, unit_price=Decimal(price))


def draft(organization: Organization, customer: Customer, *lines: LineInput, **more: object) -> Invoice:
    """One line of :data:`WORK` unless others are given."""
    fields: dict[str, object] = {
        "organization": organization,
        "customer_id": customer.id,
        "lines": lines or (WORK,),
        "actor": SYSTEM,
        **more,
    }
    return create_draft(**fields)  # type: ignore[arg-type]  # a test's shorthand


def issued(organization: Organization, customer: Customer, *lines: LineInput, **more: object) -> Invoice:
    made = draft(organization, customer, *lines, **more)
    return issue(organization=organization, invoice_ids=[made.id], actor=SYSTEM)[0]
