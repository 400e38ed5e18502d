"""Fault 12: less is captured than was asked for, of an invoice with several tax rates.

Tax and revenue belong to the invoice (by agreed, not by received payment): they are booked when it is issued, whole and
rate by rate, and no part payment, refund or rest changes a cent of them. Money moves between the provider and what the
customer owes, and nothing else.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db.models import Sum

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice, InvoiceTax
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.models import JournalLine
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount, Payment
from tests.payments.flows import lines_of, pay, take
from tests.payments.makers import a_key, charge, eur, refund_outcome
from tests.square import assert_all_square

RATES = (("S", "19", "6.17"), ("S", "7", "3.33"), ("S", "5.5", "0.95"), ("Z", "0", "0.35"))


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    """12.25: 10.80 net at four rates, each with cents that do not come out even."""
    lines = [
        LineInput(
            description=f"At {percent} %",
            quantity=Decimal(1),
            unit_price=Decimal(price),
            tax_category=category,
            tax_percent=Decimal(percent),
        )
        for category, percent, price in RATES
    ]
    draft = create_draft(organization=organization, customer_id=customer.id, lines=lines, actor=SYSTEM)
    return issue(organization=organization, invoice_ids=[draft.id], actor=SYSTEM)[0]


def captured(invoice: Invoice, account: GatewayAccount, minor: int, *, fee: int) -> Payment:
    """All that is open is asked for; the provider takes ``minor`` of it."""
    waiting = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    payment = pay(invoice, account, answer=waiting)
    take(account, charge(reference=payment.reference, amount=eur(minor), fee=eur(fee)))
    payment.refresh_from_db()
    invoice.refresh_from_db()
    return payment


def balances(organization: Organization) -> dict[str, int]:
    """By role of the account."""
    lines = JournalLine.objects.filter(organization=organization)
    sums = (
        lines.values("account__role").annotate(total=Sum("base_minor")).values_list("account__role", "total")
    )
    return {role: total for role, total in sums if total}


def taxes(invoice: Invoice) -> list[tuple[Decimal, int, int]]:
    rows = InvoiceTax.objects.filter(organization=invoice.organization, invoice=invoice)
    return sorted(rows.values_list("percent", "base_minor", "tax_minor"))


def test_tax_and_revenue_are_the_invoices_whatever_part_of_it_is_captured(
    organization: Organization, account: GatewayAccount, invoice: Invoice
) -> None:
    by_rate = taxes(invoice)
    tax = sum(row[2] for row in by_rate)
    total = 1080 + tax
    agreed = {"sales": -1080, "tax_payable": -tax}
    assert len(by_rate) == len(RATES)
    assert invoice.total_minor == total
    assert balances(organization) == {"receivable": total, **agreed}

    first = captured(invoice, account, 1000, fee=39)
    assert lines_of(first) == {"clearing": 961, "gateway_fees": 39, "receivable": -1000}
    assert (invoice.state, invoice.paid_minor, invoice.open_minor) == ("partly_paid", 1000, total - 1000)
    assert balances(organization) == {
        "receivable": total - 1000,
        "clearing": 961,
        "gateway_fees": 39,
        **agreed,
    }
    assert taxes(invoice) == by_rate
    assert_all_square()

    rest = captured(invoice, account, total - 1000, fee=30)
    assert (invoice.state, invoice.open_minor) == ("paid", 0)
    assert lines_of(rest)["receivable"] == 1000 - total
    assert balances(organization) == {"clearing": total - 69, "gateway_fees": 69, **agreed}
    assert taxes(invoice) == by_rate
    assert_all_square()


def test_what_is_given_back_of_a_part_is_owed_again_and_the_tax_stays(
    organization: Organization, account: GatewayAccount, invoice: Invoice
) -> None:
    by_rate, before = taxes(invoice), balances(organization)
    part = captured(invoice, account, 1000, fee=0)
    take(account, refund_outcome(reference="re_1", amount=eur(333), charge_reference=part.reference))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.paid_minor) == ("partly_paid", 667)
    assert balances(organization) == {**before, "receivable": invoice.total_minor - 667, "clearing": 667}
    assert taxes(invoice) == by_rate
    assert_all_square()
    take(account, refund_outcome(reference="re_2", amount=eur(667), charge_reference=part.reference))
    assert balances(organization) == before
    assert_all_square()
