"""A payout stands on our bank statement: in transit is emptied by exactly it, whatever the bank kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.errors import PermissionDenied
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.models import JournalEntry
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.errors import InvalidPayment, PayoutNotThere, PayoutUnknown
from allsquare.payments.gateway import Converted, Status
from allsquare.payments.models import GatewayAccount, Payout, PayoutArrival
from allsquare.payments.services.receive_payout import receive_payout
from allsquare.payments.services.undo_payout_arrival import undo_payout_arrival
from tests.factories import make_organization, member_actor
from tests.payments.flows import balances, paid, take
from tests.payments.makers import eur, payout_outcome
from tests.square import assert_all_square


def sent(organization: Organization, account: GatewayAccount, amount: Money, name: str = "po_1") -> Payout:
    take(account, payout_outcome(reference=name, amount=amount))
    return Payout.objects.get(organization=organization, reference=name)


def test_what_arrived_leaves_transit_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account, fee=175)
    payout = sent(organization, account, eur(9825))
    today = clock.today(organization)

    def arrive(received: int = 9825) -> bool:
        return receive_payout(
            organization=organization,
            payout_id=payout.id,
            received=eur(received),
            on=today,
            actor=SYSTEM,
            kept=True,
        )

    assert arrive()
    assert not arrive()
    assert balances(organization) == {"bank": 9825, "gateway_fees": 175, "sales": -10000}
    with pytest.raises(PayoutNotThere):
        arrive(9800)
    assert PayoutArrival.objects.filter(organization=organization).count() == 1
    assert_all_square()

    for _twice in range(2):
        undo_payout_arrival(organization=organization, payout_id=payout.id, actor=SYSTEM)
    assert balances(organization) == {"payouts_in_transit": 9825, "gateway_fees": 175, "sales": -10000}
    assert arrive(9800)
    assert balances(organization) == {"bank": 9800, "gateway_fees": 200, "sales": -10000}
    assert Payout.objects.get(id=payout.id).place == "arrived"
    assert_all_square()


def test_one_that_the_bank_sends_back_after_all_leaves_the_bank(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account, fee=0)
    payout = sent(organization, account, eur(10000))
    receive_payout(
        organization=organization,
        payout_id=payout.id,
        received=eur(9990),
        kept=True,
        on=clock.today(organization),
        actor=SYSTEM,
    )
    take(account, payout_outcome(Status.DECLINED, reference="po_1", amount=eur(10000)))
    assert balances(organization) == {"clearing": 10000, "sales": -10000}
    kinds = JournalEntry.objects.filter(organization=organization, kind__startswith="payout.")
    assert sorted(kinds.values_list("kind", flat=True)) == [
        "payout.arrival_undone",
        "payout.arrived",
        "payout.failed",
        "payout.paid",
    ]
    assert_all_square()
    with pytest.raises(PayoutNotThere):
        receive_payout(
            organization=organization,
            payout_id=payout.id,
            received=eur(10000),
            on=clock.today(organization),
            actor=SYSTEM,
        )


def test_the_rate_of_the_banks_day_counts(organization: Organization, account: GatewayAccount) -> None:
    """In transit is empty in both currencies; what the rate changed is a gain or a loss."""
    today = clock.today(organization)
    for day, rate in ((today - timedelta(days=3), "0.90"), (today, "0.80")):
        set_rate(organization=organization, currency="USD", valid_on=day, rate=Decimal(rate), actor=SYSTEM)
    payout = sent(organization, account, Money(10001, currency("USD")))  # booked today, at 0.80
    receive_payout(
        organization=organization,
        payout_id=payout.id,
        received=Money(9950, currency("USD")),
        kept=True,
        on=today - timedelta(days=3),
        actor=SYSTEM,
    )
    booked = balances(organization, "USD")
    assert (booked["bank"], booked["gateway_fees"], booked.get("payouts_in_transit", 0)) == (9950, 51, 0)
    base = balances(organization)
    assert base.get("payouts_in_transit", 0) == 0
    assert base["bank"] == 8955
    assert base["exchange"] == 8001 - 8955 - 46
    assert_all_square()


def test_what_takes_from_our_account_may_take_more(
    organization: Organization, account: GatewayAccount
) -> None:
    payout = sent(organization, account, eur(-500))
    receive_payout(
        organization=organization,
        payout_id=payout.id,
        received=eur(-510),
        kept=True,
        on=clock.today(organization),
        actor=SYSTEM,
    )
    assert balances(organization) == {"clearing": 500, "bank": -510, "gateway_fees": 10}
    assert_all_square()


@pytest.mark.parametrize(
    ("received", "days", "field"),
    [
        (eur(10001), 0, "received"),
        (eur(9999), 0, "kept"),
        (eur(0), 0, "received"),
        (eur(-1), 0, "received"),
        (Money(10000, currency("USD")), 0, "received"),
        (eur(10000), 1, "on"),
    ],
)
def test_nonsense_is_refused_in_words(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    received: Money,
    days: int,
    field: str,
) -> None:
    paid(organization, customer, account, fee=0)
    payout = sent(organization, account, eur(10000))
    with pytest.raises(InvalidPayment) as refused:
        receive_payout(
            organization=organization,
            payout_id=payout.id,
            received=received,
            on=clock.today(organization) + timedelta(days=days),
            actor=SYSTEM,
        )
    assert refused.value.field == field
    assert balances(organization)["payouts_in_transit"] == 10000


def test_it_is_nobody_elses(organization: Organization, account: GatewayAccount) -> None:
    payout = sent(organization, account, eur(10000))
    today = clock.today(organization)
    other = make_organization()
    with pytest.raises(PayoutUnknown):
        receive_payout(organization=other, payout_id=payout.id, received=eur(10000), on=today, actor=SYSTEM)
    with pytest.raises(PayoutUnknown):
        undo_payout_arrival(organization=other, payout_id=payout.id, actor=SYSTEM)
    reader = member_actor(organization, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        receive_payout(
            organization=organization, payout_id=payout.id, received=eur(10000), on=today, actor=reader
        )
    with pytest.raises(PermissionDenied):
        undo_payout_arrival(organization=organization, payout_id=payout.id, actor=reader)


def test_one_that_was_converted_on_its_way_arrives_in_the_other_currency(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal("0.80"), actor=SYSTEM)
    paid(organization, customer, account, fee=0)
    became = (Converted(Money(12000, currency("USD"))),)
    take(account, payout_outcome(reference="po_1", amount=eur(10000), converted=became))
    payout = Payout.objects.get(organization=organization, reference="po_1")
    with pytest.raises(InvalidPayment):
        receive_payout(
            organization=organization, payout_id=payout.id, received=eur(10000), on=today, actor=SYSTEM
        )
    received = Money(11990, currency("USD"))
    assert receive_payout(
        organization=organization, payout_id=payout.id, received=received, on=today, actor=SYSTEM, kept=True
    )
    dollars = balances(organization, "USD")
    assert (dollars["bank"], dollars["gateway_fees"]) == (11990, 10)
    assert "payouts_in_transit" not in dollars | balances(organization)
    assert_all_square()
