"""Charges in one currency at a provider that keeps its account in another, and pays that out."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.insights.whereabouts import Whereabouts, where_is_my_money
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import Converted, DisputeStage, Outcome, PayoutItem, Status
from allsquare.payments.models import Conversion, GatewayAccount, Payment, Payout
from allsquare.payments.payouts import payout_contents
from allsquare.payments.postings import converted
from tests.payments.flows import balances, final_state, pay, take
from tests.payments.makers import (
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    payout_outcome,
    refund_outcome,
    usd,
)
from tests.square import assert_all_square


def rate_is(organization: Organization, rate: str, code: str = "USD") -> None:
    today = clock.today(organization)
    set_rate(organization=organization, currency=code, valid_on=today, rate=Decimal(rate), actor=SYSTEM)


@pytest.fixture
def dollars(organization: Organization) -> Organization:
    """The books are in euros, and think that a dollar is 0.88."""
    rate_is(organization, "0.88")
    return organization


def captured(
    organization: Organization, customer: Customer, account: GatewayAccount, *became: Converted
) -> Payment:
    """USD 100.00, of which the provider keeps EUR 2.70 (USD 3.00 by its rate of 0.90)."""
    invoice = issued_invoice(organization, customer, total="100.00", currency_code="USD")
    waiting = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    payment = pay(invoice, account, amount=usd(10000), answer=waiting)
    take(account, charge(reference=payment.reference, amount=usd(10000), fee=usd(300), converted=became))
    payment.refresh_from_db()
    return payment


AT_90 = Converted(eur(8730), eur(270))


def row(organization: Organization, code: str) -> Whereabouts:
    (found,) = [each for each in where_is_my_money(organization).rows if each.currency == code]
    return found


def paid_out(reference: str, minor: int, *items: PayoutItem) -> Outcome:
    return payout_outcome(reference=reference, amount=eur(minor), payout_items=items)


def test_it_stands_where_it_is_and_its_fee_is_what_was_taken(
    dollars: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = captured(dollars, customer, account, AT_90)
    # The invoice was worth 88.00; the provider made 90.00 of it, and kept 2.70 of that.
    assert balances(dollars) == {"clearing": 8730, "gateway_fees": 270, "exchange": -200, "sales": -8800}
    assert balances(dollars, "EUR") == {"clearing": 8730, "exchange": -8730}
    assert balances(dollars, "USD") == {"exchange": 9700, "gateway_fees": 300, "sales": -10000}
    assert (payment.captured_minor, payment.fee_minor) == (10000, 300)
    assert_all_square()


def test_the_payout_empties_the_account_and_says_what_it_was(
    dollars: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = captured(dollars, customer, account, AT_90)
    rate_is(dollars, "0.5")  # whatever the dollar is worth since
    news = paid_out("po_1", 8730, PayoutItem(str(payment.reference), 8730))
    take(account, news)
    once = final_state(dollars)
    take(account, news)
    assert final_state(dollars) == once
    assert balances(dollars) == {
        "payouts_in_transit": 8730,
        "gateway_fees": 270,
        "exchange": -200,
        "sales": -8800,
    }
    in_dollars, in_euros = row(dollars, "USD"), row(dollars, "EUR")
    assert (in_dollars.captured, in_dollars.fees, in_dollars.converted, in_dollars.held) == (
        10000,
        300,
        9700,
        0,
    )
    assert (in_euros.converted, in_euros.paid_out, in_euros.held) == (-8730, 8730, 0)
    assert where_is_my_money(dollars).adds_up
    contents = payout_contents(dollars, Payout.objects.get(organization=dollars).id)
    (line,) = contents.lines
    assert (line.gross, line.fee, line.item.net_minor, line.came) == (9000, 270, 8730, usd(10000))
    assert (contents.gross, contents.fees, contents.missing) == (9000, 270, 0)
    assert_all_square()


def test_what_goes_back_goes_by_the_rate_of_its_day(
    dollars: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = captured(dollars, customer, account, AT_90)
    back = refund_outcome(
        reference="re_1",
        amount=usd(5000),
        charge_reference=payment.reference,
        converted=(Converted(eur(-4600), eur(0)),),
    )
    take(account, back, back)
    take(account, paid_out("po_1", 4130))
    assert row(dollars, "USD").held == row(dollars, "EUR").held == 0
    assert "clearing" not in balances(dollars)
    assert "exchange" not in balances(dollars)  # won with the charge, lost with the refund
    # It fails weeks later, and comes home at yet another rate.
    home = refund_outcome(
        Status.DECLINED,
        reference="re_1",
        amount=usd(5000),
        charge_reference=payment.reference,
        converted=(Converted(eur(4650), eur(0)),),
    )
    take(account, home, home)
    assert (row(dollars, "USD").held, row(dollars, "EUR").held) == (0, 4650)
    assert Conversion.objects.filter(organization=dollars).count() == 3
    assert where_is_my_money(dollars).adds_up
    assert_all_square()


def test_a_dispute_takes_and_gives_in_the_currency_of_the_account(
    dollars: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = captured(dollars, customer, account, AT_90)
    taken, given = Converted(eur(-9100 - 1500), eur(1500)), Converted(eur(9050), eur(0))
    for stage, moved in ((DisputeStage.OPENED, (taken,)), (DisputeStage.WON, (taken, given))):
        take(
            account,
            dispute_outcome(
                stage,
                reference="dp",
                amount=usd(10000),
                fee=usd(1650),
                charge_reference=payment.reference,
                converted=moved,
            ),
        )
    assert row(dollars, "USD").held == 0
    assert row(dollars, "EUR").held == 8730 - 10600 + 9050
    assert balances(dollars)["gateway_fees"] == 270 + 1500
    assert_all_square()


def test_the_end_of_a_case_that_nobody_told_of_brings_both_movements(
    dollars: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = captured(dollars, customer, account, AT_90)
    moved = (Converted(eur(-9100), eur(0)), Converted(eur(9050), eur(0)))
    won = dispute_outcome(
        DisputeStage.WON,
        reference="dp",
        amount=usd(10000),
        charge_reference=payment.reference,
        converted=moved,
    )
    take(account, won)
    assert (row(dollars, "USD").held, row(dollars, "EUR").held) == (0, 8680)
    assert_all_square()


def test_an_account_in_a_third_currency(
    dollars: Organization, customer: Customer, account: GatewayAccount
) -> None:
    rate_is(dollars, "1.20", "GBP")
    pounds = Money(7500, currency("GBP"))
    payment = captured(dollars, customer, account, Converted(pounds, Money(225, currency("GBP"))))
    assert balances(dollars)["clearing"] == 9000
    assert balances(dollars)["gateway_fees"] == 270
    rate_is(dollars, "1.30", "GBP")
    take(
        account,
        payout_outcome(
            reference="po_1", amount=pounds, payout_items=(PayoutItem(str(payment.reference), 7500),)
        ),
    )
    assert "clearing" not in balances(dollars)
    assert balances(dollars, "GBP") == {"payouts_in_transit": 7500, "exchange": -7500}
    assert where_is_my_money(dollars).adds_up
    assert_all_square()


def test_a_payout_that_is_converted_on_its_way_arrives_in_the_currency_of_the_bank(
    dollars: Organization, customer: Customer, account: GatewayAccount
) -> None:
    captured(dollars, customer, account)
    sent = payout_outcome(reference="po_1", amount=usd(9700), converted=(Converted(eur(8800)),))
    take(account, sent, sent)
    assert balances(dollars, "EUR") == {"payouts_in_transit": 8800, "exchange": -8800}
    assert where_is_my_money(dollars).adds_up
    assert where_is_my_money(dollars).in_transit == [("EUR", 8800)]
    assert row(dollars, "USD").held == 0
    assert_all_square()
    # The bank does not take it: it is with the provider again, in dollars.
    take(account, payout_outcome(Status.DECLINED, reference="po_1", amount=usd(9700)))
    assert (row(dollars, "USD").held, where_is_my_money(dollars).in_transit) == (9700, [])
    assert_all_square()


def test_all_of_it_kept_as_a_fee(dollars: Organization, customer: Customer, account: GatewayAccount) -> None:
    invoice = issued_invoice(dollars, customer, total="1.00", currency_code="USD")
    waiting = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    payment = pay(invoice, account, amount=usd(100), answer=waiting)
    nothing = (Converted(eur(0), eur(90)),)
    take(account, charge(reference=payment.reference, amount=usd(100), fee=usd(100), converted=nothing))
    assert "clearing" not in balances(dollars)
    assert balances(dollars)["gateway_fees"] == 90
    assert_all_square()


def test_a_conversion_into_the_same_currency_is_none(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    invoice = issued_invoice(organization, customer)
    waiting = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    payment = pay(invoice, account, answer=waiting)
    take(
        account,
        charge(reference=payment.reference, amount=eur(10000), converted=(Converted(eur(9700), eur(300)),)),
    )
    assert not Conversion.objects.filter(organization=organization).exists()
    assert balances(organization) == {"clearing": 10000, "sales": -10000}


_SUMS = st.integers(-(10**12), 10**12)
MONEY, OTHER, EXCHANGE = new_id(), new_id(), new_id()


@given(
    st.lists(st.tuples(st.sampled_from([MONEY, OTHER]), _SUMS, _SUMS), min_size=1, max_size=6), _SUMS, _SUMS
)
def test_whatever_is_converted_the_entry_is_square_in_each_currency(
    moved: list[tuple[UUID, int, int]], net: int, base: int
) -> None:
    lines = [LineDraft(account, minor, "USD", worth) for account, minor, worth in moved]
    rest = (-sum(line.amount_minor for line in lines), -sum(line.base_minor for line in lines))
    lines.append(LineDraft(OTHER, rest[0], "USD", rest[1]))
    entry = EntryDraft("payment.settled", "payment", new_id(), clock.now(None).date(), tuple(lines))

    after = converted(entry, money=MONEY, exchange=EXCHANGE, into=LineDraft(MONEY, net, "EUR", base))

    for code in ("USD", "EUR"):
        assert sum(line.amount_minor for line in after.lines if line.currency == code) == 0
    assert sum(line.base_minor for line in after.lines) == 0
    there = [line for line in after.lines if line.account == MONEY]
    assert sum(line.amount_minor for line in there) == net
    assert {line.currency for line in there} <= {"EUR"}
    # What exchange is left with is what the money was worth before, less what it is worth now.
    was = sum(line.base_minor for line in entry.lines if line.account == MONEY)
    assert sum(line.base_minor for line in after.lines if line.account == EXCHANGE) == was - base
