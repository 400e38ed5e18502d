"""What moves a provider's account beside payments, refunds, disputes and payouts: recorded, it is in the books, and the
account here says what the provider says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.insights.proofs import BY_NAME, run
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.ledger.errors import PeriodClosed, RateMissing
from allsquare.ledger.models import Account, JournalEntry
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.errors import (
    GatewayUnknown,
    InvalidMovement,
    MovementKnown,
    MovementUnknown,
    NoWayBack,
)
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount, ProviderMovement
from allsquare.payments.services.reverse_movement import reverse_movement
from tests import factories
from tests.payments.flows import balances, paid, pay, take
from tests.payments.makers import (
    a_key,
    charge,
    eur,
    issued_invoice,
    offline_account,
    payout_outcome,
    scripted_account,
    second_account,
    usd,
)
from tests.payments.movements import moved
from tests.square import assert_all_square


def role(organization: Organization, name: str) -> UUID:
    return Account.objects.get(organization=organization, role=name).id


def take_back(movement: ProviderMovement) -> ProviderMovement:
    return reverse_movement(organization=movement.organization, movement_id=movement.id, actor=SYSTEM)


def test_whatever_moves_the_account_there_moves_it_here(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """As the provider's page has it: 100.00 came, a fee and paper were paid, the bank topped up."""
    paid(organization, customer, account, fee=200)
    moved(account, eur(-1500), "fee", memo="July")
    moved(account, eur(-2599))
    moved(account, eur(5000), "bank")
    moved(account, eur(12), "adjustment", memo="Interest")
    assert balances(organization) == {
        "clearing": 9800 - 1500 - 2599 + 5000 + 12,
        "gateway_fees": 200 + 1500,
        "other": 2599 - 12,
        "bank": -5000,
        "sales": -10000,
    }
    money = where_is_my_money(organization)
    (row,) = money.rows
    assert (row.moved, row.held, row.booked) == (913, 10713, 10713)
    assert (money.adds_up, money.is_moved, row.is_short) == (True, True, False)
    assert_all_square()


def test_it_is_told_with_who_did_it(organization: Organization, account: GatewayAccount) -> None:
    movement = moved(account, eur(-2599), actor=factories.member_actor(organization, Role.ACCOUNTANT))
    event = Event.objects.get(organization_id=organization.id, kind="movement.recorded")
    assert (event.subject_id, event.actor_kind, event.data["amount_minor"]) == (movement.id, "person", -2599)
    assert (movement.state, movement.source, movement.base_minor) == ("recorded", "person", -2599)


def test_the_other_side_can_be_chosen_where_that_makes_sense(
    organization: Organization, account: GatewayAccount
) -> None:
    """An opening balance, what is passed on to whom it belongs, and what the bank has not shown yet."""
    moved(account, eur(40000), "adjustment", memo="Was there before", side=role(organization, "equity"))
    moved(account, eur(-900), side=role(organization, "money_of_others"))
    moved(account, eur(700), "bank", side=role(organization, "payouts_in_transit"))
    assert balances(organization) == {
        "clearing": 39800,
        "equity": -40000,
        "money_of_others": 900,
        "payouts_in_transit": -700,
    }
    assert where_is_my_money(organization).adds_up
    assert_all_square()


def test_what_invoices_and_payments_keep_is_no_other_side(
    organization: Organization, account: GatewayAccount
) -> None:
    scripted = second_account(organization)
    clearing = Account.objects.get(organization=organization, detail=str(scripted.id)).id
    for side in (role(organization, "receivable"), role(organization, "customer_credit"), clearing):
        with pytest.raises(InvalidMovement) as refused:
            moved(account, eur(-100), side=side)
        assert refused.value.field == "account"
    for kind, name in (("fee", "bank"), ("bank", "cash"), ("exchange", "other")):
        with pytest.raises(InvalidMovement):
            moved(account, eur(-100), kind, side=role(organization, name))
    with pytest.raises(InvalidMovement):
        moved(account, eur(-100), side=role(factories.make_organization(), "bank"))
    assert not ProviderMovement.objects.filter(organization=organization).exists()


def test_nonsense_is_refused_field_by_field(organization: Organization, account: GatewayAccount) -> None:
    tomorrow = clock.today(organization) + timedelta(days=1)
    with pytest.raises(FieldErrors) as refused:
        moved(account, eur(0), "gift", memo=" ", on=tomorrow, reference="x" * 121)
    assert refused.value.errors.keys() == {"amount", "kind", "moved_on", "memo", "reference"}
    with pytest.raises(FieldErrors):
        moved(account, eur(-(10**16)))
    with pytest.raises(InvalidMovement, match="your till or bank"):
        moved(offline_account(organization), eur(-100))
    with pytest.raises(RateMissing):
        moved(account, usd(-100))
    assert not JournalEntry.objects.filter(organization=organization).exists()


def test_sent_twice_it_is_one(organization: Organization, account: GatewayAccount) -> None:
    key = a_key()
    first, second = (moved(account, eur(-2599), key=key) for _ in range(2))
    assert first.id == second.id
    with pytest.raises(KeyReused):
        moved(account, eur(-2600), key=key)
    assert balances(organization) == {"clearing": -2599, "other": 2599}


def test_one_name_at_the_provider_is_recorded_once(
    organization: Organization, account: GatewayAccount
) -> None:
    first = moved(account, eur(-2599), reference="8AB1")
    with pytest.raises(MovementKnown) as refused:
        moved(account, eur(-2599), reference=" 8AB1 ")
    assert refused.value.field == "reference"
    moved(second_account(organization), eur(-100), reference="8AB1")
    take_back(first)
    again = moved(account, eur(-2500), reference="8AB1")
    assert (first.turn, again.turn) == (1, 2)
    with pytest.raises(MovementKnown):
        moved(account, eur(-2500), reference="8AB1")
    assert_all_square()


def test_it_is_taken_back_once_by_its_opposite(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account)
    movement = moved(account, eur(-2599), memo="By mistake")
    first, second = take_back(movement), take_back(movement)
    assert first.id == second.id
    assert (first.amount_minor, first.reverses_id, first.state) == (2599, movement.id, "reversal")
    movement.refresh_from_db()
    assert movement.state == "reversed"
    assert balances(organization) == {"clearing": 10000, "sales": -10000}
    (row,) = where_is_my_money(organization).rows
    assert (row.moved, row.held, row.difference) == (0, 10000, 0)
    kinds = JournalEntry.objects.filter(organization=organization, source_id=movement.id)
    assert sorted(kinds.values_list("kind", flat=True)) == ["movement.recorded", "movement.reversed"]
    with pytest.raises(NoWayBack):
        take_back(first)
    assert_all_square()


def test_it_is_never_edited(organization: Organization, account: GatewayAccount) -> None:
    movement = moved(account, eur(-2599))
    for change in ("memo", "amount_minor"):
        with pytest.raises(ProgrammingError), transaction.atomic():
            ProviderMovement.objects.filter(id=movement.id).update(**{change: 1})
    with pytest.raises(ProgrammingError), transaction.atomic():
        ProviderMovement.objects.filter(id=movement.id).delete()


def test_a_closed_period_takes_none_and_gives_none_back(
    organization: Organization, account: GatewayAccount
) -> None:
    yesterday = clock.today(organization) - timedelta(days=1)
    movement = moved(account, eur(-2599), on=yesterday)
    close_period(organization=organization, starts_on=yesterday, ends_on=yesterday, actor=SYSTEM)
    with pytest.raises(PeriodClosed):
        moved(account, eur(-100), on=yesterday)
    assert take_back(movement).moved_on == clock.today(organization)
    assert balances(organization) == {}
    assert_all_square()


def test_whose_business_it_is_not_gets_nowhere(organization: Organization, account: GatewayAccount) -> None:
    movement = moved(account, eur(-2599))
    clerk = factories.member_actor(organization, Role.BILLING_CLERK)
    with pytest.raises(PermissionDenied):
        moved(account, eur(-100), actor=clerk)
    with pytest.raises(PermissionDenied):
        reverse_movement(organization=organization, movement_id=movement.id, actor=clerk)
    other = factories.make_organization()
    with pytest.raises(MovementUnknown):
        reverse_movement(organization=other, movement_id=movement.id, actor=SYSTEM)
    account.organization = other
    with pytest.raises(GatewayUnknown):
        moved(account, eur(-100))
    assert not ProviderMovement.objects.filter(organization=other).exists()


def rate_is(organization: Organization, rate: str | Decimal) -> None:
    today = clock.today(organization)
    set_rate(organization=organization, currency="USD", valid_on=today, rate=Decimal(rate), actor=SYSTEM)


def in_dollars(organization: Organization, customer: Customer, account: GatewayAccount, minor: int) -> None:
    total = str(usd(minor).decimal)
    invoice = issued_invoice(organization, customer, total=total, currency_code="USD")
    pay(invoice, account, amount=usd(minor), answer=charge(reference=a_key(), amount=usd(minor)))


def test_what_goes_leaves_with_what_it_came_with(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """100.00 USD came at 0.90 and are spent at 0.80: nothing is left of them in either currency."""
    rate_is(organization, "0.9")
    in_dollars(organization, customer, account, 10000)
    rate_is(organization, "0.8")
    movement = moved(account, usd(-10000))
    assert movement.base_minor == -9000
    assert balances(organization) == {"other": 8000, "exchange": 1000, "sales": -9000}
    assert balances(organization, "USD") == {"other": 10000, "sales": -10000}
    take_back(movement)
    assert balances(organization) == {"clearing": 9000, "sales": -9000}
    assert_all_square()


def test_a_currency_exchange_is_two_movements(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """100.00 USD that came at 0.90 became 88.00 EUR."""
    rate_is(organization, "0.9")
    in_dollars(organization, customer, account, 10000)
    moved(account, usd(-10000), "exchange", memo="Into euros")
    moved(account, eur(8800), "exchange", memo="Out of dollars")
    assert balances(organization) == {"clearing": 8800, "exchange": 200, "sales": -9000}
    assert where_is_my_money(organization).adds_up
    assert {row.currency: row.held for row in where_is_my_money(organization).rows} == {"EUR": 8800, "USD": 0}
    assert_all_square()


_SUMS = st.integers(-(10**6), 10**6).filter(bool)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(["EUR", "USD"]), st.integers(3, 10**6)),
        st.tuples(st.just("pay out"), st.sampled_from(["EUR", "USD"]), st.integers(1, 10**6)),
        st.tuples(
            st.sampled_from(["fee", "spent", "bank", "exchange"]), st.sampled_from(["EUR", "USD"]), _SUMS
        ),
        st.tuples(st.just("back"), st.just(""), st.integers(0, 5)),
        st.tuples(st.just("rate"), st.just("USD"), st.integers(1, 10**5)),
    ),
    min_size=1,
    max_size=7,
)


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=_STEPS)
def test_whatever_happens_books_and_facts_say_the_same(db: None, steps: list[tuple[str, str, int]]) -> None:
    organization = factories.make_organization()
    customer, account = factories.make_customer(organization), scripted_account(organization)
    rate_is(organization, "0.9")
    there = {"EUR": 0, "USD": 0}  # as the provider counts
    made: list[ProviderMovement] = []
    for what, code, number in steps:
        sum_ = Money(number, currency(code or "EUR"))
        if what == "pay":
            invoice = issued_invoice(organization, customer, total=str(sum_.decimal), currency_code=code)
            pay(invoice, account, answer=charge(reference=a_key(), amount=sum_))
            there[code] += number
        elif what == "pay out":
            take(account, payout_outcome(reference=a_key(), amount=sum_))
            there[code] -= number
        elif what == "rate":
            rate_is(organization, Decimal(number) / 1000)
        elif what == "back":
            for movement in made[number : number + 1]:
                if movement.state == "recorded":
                    take_back(movement)
                    movement.refresh_from_db()
                    there[movement.currency] -= movement.amount_minor
        else:
            made.append(moved(account, sum_, what))
            there[code] += number
    money = where_is_my_money(organization)
    assert money.adds_up
    held = {row.currency: row.held for row in money.rows}
    assert {code: held.get(code, 0) for code in there} == there
    names = ("trial_balance", "entries_balance", "base_is_worth_itself", "clearing_subledger")
    answers = run([BY_NAME[name] for name in (*names, "movements_are_booked")])
    assert [(each.proof.name, each.findings) for each in answers if not each.holds] == []


def test_what_came_back_from_the_bank_is_no_movement(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Each fact is counted once, whatever is beside it."""
    paid(organization, customer, account)
    moved(account, eur(-1000), "fee")
    take(account, payout_outcome(reference="po_1", amount=eur(9000)))
    take(account, payout_outcome(Status.DECLINED, reference="po_1", amount=eur(9000)))
    (row,) = where_is_my_money(organization).rows
    assert (row.paid_out, row.moved, row.held, row.difference) == (0, -1000, 9000, 0)
    assert_all_square()


def test_the_database_keeps_one_of_each_name(organization: Organization, account: GatewayAccount) -> None:
    movement = moved(account, eur(-2599), reference="8AB1")
    movement.id, movement.reverses_id = factories.make_person().id, None
    with pytest.raises(IntegrityError, match="movement_reference_once"), transaction.atomic():
        movement.save(force_insert=True)
