"""An invoice in dollars in books kept in euros: the rate moves between issue, payment and refund."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import DisputeStage, Status
from allsquare.payments.models import Allocation, CreditMovement, GatewayAccount, Payment
from tests import factories
from tests.payments.flows import balances, pay, take
from tests.payments.makers import (
    a_key,
    charge,
    dispute_outcome,
    issued_invoice,
    payout_outcome,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.square import assert_all_square


def rate_is(organization: Organization, rate: str | Decimal, code: str = "USD") -> None:
    today = clock.today(organization)
    set_rate(organization=organization, currency=code, valid_on=today, rate=Decimal(rate), actor=SYSTEM)


def captured(invoice: Invoice, account: GatewayAccount, minor: int, *, fee: int = 0) -> Payment:
    """``minor`` of the invoice's currency paid at the provider."""
    unit = currency(invoice.currency)
    invoice.refresh_from_db()
    asked = Money(min(minor, invoice.open_minor), unit)
    waiting = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    payment = pay(invoice, account, amount=asked, answer=waiting)
    take(account, charge(reference=payment.reference, amount=Money(minor, unit), fee=Money(fee, unit)))
    payment.refresh_from_db()
    return payment


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    rate_is(organization, "0.9")
    return issued_invoice(organization, customer, total="100.00", currency_code="USD")


def test_a_dollar_that_fell_is_an_exchange_loss(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    rate_is(organization, "0.8")
    captured(invoice, account, 10000, fee=200)
    assert balances(organization) == {
        "clearing": 8000 - 160,
        "gateway_fees": 160,
        "exchange": 1000,
        "sales": -9000,
    }
    assert balances(organization, "USD") == {"clearing": 9800, "gateway_fees": 200, "sales": -10000}
    assert_all_square()


def test_parts_at_different_rates_use_up_the_receivable_exactly(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    for rate, part in (("0.85", 3333), ("0.95", 3333), ("0.90", 3334)):
        rate_is(organization, rate)
        captured(invoice, account, part)
    shares = Allocation.objects.filter(organization=organization).order_by("id")
    assert [share.base_minor for share in shares] == [3000, 2999, 3001]
    invoice.refresh_from_db()
    assert (invoice.state, "receivable" in balances(organization)) == ("paid", False)
    assert_all_square()


def test_what_is_over_is_worth_what_came(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    rate_is(organization, "0.8")
    captured(invoice, account, 11000)
    (movement,) = CreditMovement.objects.filter(organization=organization)
    assert (movement.amount_minor, movement.base_minor) == (1000, 800)
    assert_all_square()


def test_a_refund_at_another_rate_reopens_what_was_booked(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    payment = captured(invoice, account, 10000)
    rate_is(organization, "1.1")
    take(account, refund_outcome(reference="re_1", amount=usd(5000), charge_reference=payment.reference))
    assert balances(organization) == {
        "clearing": 9000 - 5500,
        "receivable": 4500,
        "exchange": 1000,
        "sales": -9000,
    }
    assert_all_square()


def test_a_won_case_leaves_no_exchange_difference(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    payment = captured(invoice, account, 10000)
    before = balances(organization)
    for rate, stage in (("0.7", DisputeStage.OPENED), ("1.3", DisputeStage.WON)):
        rate_is(organization, rate)
        take(
            account,
            dispute_outcome(stage, reference="dp", amount=usd(10000), charge_reference=payment.reference),
        )
    assert balances(organization) == before
    assert_all_square()


def test_payouts_leave_nothing_on_the_clearing_account_in_any_currency(
    organization: Organization, customer: Customer, invoice: Invoice, account: GatewayAccount
) -> None:
    """100.00 at 0.90 and 100.00 at 0.80 stand at 0.85 on average; paid out at 0.95, each gained 0.10."""
    captured(invoice, account, 10000)
    rate_is(organization, "0.8")
    captured(issued_invoice(organization, customer, currency_code="USD"), account, 10000)
    rate_is(organization, "0.95")
    take(account, payout_outcome(reference="po_1", amount=usd(5000)))
    assert balances(organization)["clearing"] == 17000 - 4250
    take(
        account,
        payout_outcome(reference="po_2", amount=usd(5000)),
        payout_outcome(reference="po_3", amount=usd(10000)),
    )
    assert balances(organization, "USD") == {"payouts_in_transit": 20000, "sales": -20000}
    assert balances(organization) == {"payouts_in_transit": 19000, "exchange": -2000, "sales": -17000}
    assert_all_square()


def test_a_fee_that_the_payout_tells_leaves_the_clearing_account_with_it(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    """100.00 came at 0.90. Of that 98.00 are sent and 2.00 kept at 0.80: all 90.00 are gone, and 10.00 of it lost."""
    captured(invoice, account, 10000)
    rate_is(organization, "0.8")
    take(account, payout_outcome(reference="po_1", amount=usd(9800), fee=usd(200)))
    assert balances(organization) == {
        "payouts_in_transit": 7840,
        "gateway_fees": 160,
        "exchange": 1000,
        "sales": -9000,
    }
    assert_all_square()


@pytest.mark.parametrize("code", ["JPY", "KWD", "CLF"])
def test_currencies_with_0_3_and_4_decimals(db: None, code: str) -> None:
    organization = factories.make_organization()
    account = scripted_account(organization)
    rate_is(organization, {"JPY": "0.0061", "KWD": "2.9431", "CLF": "36.1234567891"}[code], code)
    invoice = issued_invoice(
        organization, factories.make_customer(organization), total="1000", currency_code=code
    )
    assert invoice.total_minor == 1000 * currency(code).minor_per_major
    captured(invoice, account, 1)
    captured(invoice, account, invoice.total_minor - 1)
    invoice.refresh_from_db()
    assert (invoice.state, "receivable" in balances(organization)) == ("paid", False)
    assert_all_square()


_rates = st.decimals("0.0001", "5000", places=6)


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    total=st.integers(3, 10**7),
    cuts=st.lists(st.integers(1, 99), min_size=1, max_size=3),
    rates=st.lists(_rates, min_size=6, max_size=6),
    fee=st.integers(0, 3),
    back=st.integers(1, 100),
)
def test_whatever_the_rates_the_books_are_square(
    db: None, total: int, cuts: list[int], rates: list[Decimal], fee: int, back: int
) -> None:
    organization = factories.make_organization()
    account = scripted_account(organization)
    rate_is(organization, rates[0])
    invoice = issued_invoice(
        organization,
        factories.make_customer(organization),
        total=str(usd(total).decimal),
        currency_code="USD",
    )
    payments = []
    for cut, rate in zip(cuts, rates[1:], strict=False):
        invoice.refresh_from_db()
        part = max(1, invoice.open_minor * cut // 100)
        if part < invoice.open_minor:
            rate_is(organization, rate)
            payments.append(captured(invoice, account, part, fee=min(fee, part)))
    invoice.refresh_from_db()
    rate_is(organization, rates[4])
    payments.append(captured(invoice, account, invoice.open_minor))
    shares = Allocation.objects.filter(organization=organization)
    assert sum(share.base_minor for share in shares) == invoice.base_total_minor
    assert "receivable" not in balances(organization)
    rate_is(organization, rates[5])
    first = payments[0]
    given_back = usd(max(1, first.captured_minor * back // 100))
    take(account, refund_outcome(reference="re", amount=given_back, charge_reference=first.reference))
    assert_all_square()
