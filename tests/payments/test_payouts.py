"""Payouts: money on its way from the provider to our bank."""

from __future__ import annotations

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import OutcomeContradicts
from allsquare.payments.gateway import PayoutItem, Status
from allsquare.payments.models import GatewayAccount, Payout
from allsquare.payments.models import PayoutItem as StoredItem
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.payments.flows import balances, final_state, paid, take
from tests.payments.makers import eur, payout_outcome
from tests.square import assert_all_square


def test_a_payout_moves_clearing_to_in_transit_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account, fee=175)
    assert payment.reference
    news = payout_outcome(
        reference="po_1",
        amount=eur(9800),
        payout_items=(PayoutItem(payment.reference, 9825), PayoutItem("fee_of_the_month", -25)),
    )
    take(account, news)
    once = final_state(organization)
    take(account, news, news)
    assert final_state(organization) == once
    assert balances(organization) == {
        "clearing": 25,
        "gateway_fees": 175,
        "payouts_in_transit": 9800,
        "sales": -10000,
    }
    items = StoredItem.objects.filter(organization=organization).order_by("reference")
    assert [(item.payment_id, item.net_minor) for item in items if item.payment_id] == [(payment.id, 9825)]
    assert items.count() == 2
    assert_all_square()


def test_a_payment_of_another_account_is_none_of_the_payouts(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Two accounts may call different things alike."""
    payment = paid(organization, customer, account)
    elsewhere = add_gateway_account(
        organization=organization, gateway="scripted", label="Another", settings={}, actor=SYSTEM
    )
    items = (PayoutItem(str(payment.reference), 500),)
    take(elsewhere, payout_outcome(reference="po_1", amount=eur(500), payout_items=items))
    assert StoredItem.objects.get(organization=organization).payment_id is None


def test_fees_that_only_the_payout_tells_are_booked_with_it(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account, fee=0)
    assert payment.reference
    items = (PayoutItem(payment.reference, 9825),)
    news = payout_outcome(reference="po_1", amount=eur(9825), fee=eur(175), payout_items=items)
    take(account, news, news)
    assert balances(organization) == {"gateway_fees": 175, "payouts_in_transit": 9825, "sales": -10000}
    # Days later a bank takes the money back, and the provider gives its fee back.
    take(account, payout_outcome(reference="po_2", amount=eur(-300), fee=eur(-175)))
    assert balances(organization)["clearing"] == 475
    assert_all_square()


def test_more_given_back_than_taken_is_a_payout_below_zero(
    organization: Organization, account: GatewayAccount
) -> None:
    take(account, payout_outcome(reference="po_1", amount=eur(-500)))
    assert balances(organization) == {"clearing": 500, "payouts_in_transit": -500}
    assert_all_square()


def test_a_payout_of_nothing_books_nothing(organization: Organization, account: GatewayAccount) -> None:
    take(account, payout_outcome(reference="po_1", amount=eur(0)))
    assert Payout.objects.filter(organization=organization).count() == 1
    assert balances(organization) == {}
    assert_all_square()


def test_only_money_that_was_sent_is_booked(organization: Organization, account: GatewayAccount) -> None:
    take(account, payout_outcome(Status.PENDING, reference="po_1", amount=eur(100)))
    assert not Payout.objects.filter(organization=organization).exists()
    take(account, payout_outcome(reference="po_1", amount=eur(100)))
    assert balances(organization) == {"clearing": -100, "payouts_in_transit": 100}


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.UNKNOWN])
def test_news_that_cannot_be_read_is_not_swallowed(account: GatewayAccount, status: Status) -> None:
    with pytest.raises(OutcomeContradicts):
        take(account, payout_outcome(status, reference="po_1"))
