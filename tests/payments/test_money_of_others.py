"""Another shop uses our account at the provider: its money is in our payouts, and never on our clearing account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.insights.whereabouts import OfOthers, where_is_my_money
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.models import Account, JournalEntry
from allsquare.ledger.services.post_manual import ManualLine, post_manual
from allsquare.payments import payout_reader
from allsquare.payments.errors import OutcomeTooEarly, OutcomeUnmatched
from allsquare.payments.gateway import Converted, DisputeStage, ItemKind, Outcome, PayoutItem, Status
from allsquare.payments.models import GatewayAccount, Payment, Payout, PayoutOthers
from allsquare.payments.models import PayoutItem as StoredItem
from allsquare.payments.payouts import payout_contents
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests import factories
from tests.payments.flows import balances, paid, pay, started, take
from tests.payments.makers import (
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    payout_outcome,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.payments.test_foreign_currency import rate_is
from tests.square import assert_all_square

PHASES = (Phase.explicit, Phase.generate)
NOON = datetime(2031, 5, 7, 12, tzinfo=UTC)
STRANGE = PayoutItem("ch_strange", 4000, ItemKind.CHARGE)


def told(organization: Organization) -> None:
    """The reader of the log gets all that happened; it may get it again."""
    payout_reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))


def item(payment: Payment, net: int, *, fee: int = 0) -> PayoutItem:
    return PayoutItem(str(payment.reference), net, ItemKind.CHARGE, fee_minor=fee)


def sent(*items: PayoutItem, reference: str = "po_1", **more: object) -> Outcome:
    amount = more.pop("amount", eur(sum(each.net_minor for each in items)))
    told_with = {"reference": reference, "amount": amount, "payout_items": items, **more}
    return payout_outcome(Status.SUCCEEDED, **told_with)


def the_payout(organization: Organization, reference: str = "po_1") -> Payout:
    return Payout.objects.filter(organization=organization, reference=reference).order_by("-sending")[0]


def test_what_is_of_others_is_owed_to_them_and_never_stood_on_our_account(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account, fee=175)
    take(account, sent(item(payment, 9825), STRANGE))
    told(organization)
    assert balances(organization) == {
        "gateway_fees": 175,
        "money_of_others": -4000,
        "payouts_in_transit": 13825,
        "sales": -10000,
    }
    contents = payout_contents(organization, the_payout(organization).id)
    assert (contents.own, contents.others, contents.strange, contents.missing) == (9825, 4000, 0, 0)
    assert [line.kind for line in contents.lines] == ["charge", "others"]
    assert contents.gross - contents.fees + contents.taken + contents.others == contents.payout.net_minor
    money = where_is_my_money(organization)
    (row,) = money.rows
    assert (row.paid_out, row.held, row.difference, money.short) == (9825, 0, 0, [])
    assert (money.of_others, money.in_transit) == ([OfOthers("EUR", 4000, 4000)], [("EUR", 13825)])
    assert_all_square()


@pytest.mark.parametrize(
    "strange",
    [
        PayoutItem("re_strange", -4000, ItemKind.REFUND, "ch_strange"),
        PayoutItem("dp_strange", -4000, ItemKind.DISPUTE, "ch_strange"),
        PayoutItem("fee_of_platform", -4000, ItemKind.ELSEWHERE),
    ],
)
def test_what_others_gave_back_they_owe_to_us(
    organization: Organization, customer: Customer, account: GatewayAccount, strange: PayoutItem
) -> None:
    payment = paid(organization, customer, account)
    take(account, sent(item(payment, 10000), strange))
    told(organization)
    assert balances(organization) == {"money_of_others": 4000, "payouts_in_transit": 6000, "sales": -10000}
    assert_all_square()


@pytest.mark.parametrize(
    "own",
    [
        PayoutItem("reserve", -500, ItemKind.OWN),
        PayoutItem("who_knows", -500),
        PayoutItem("who_knows", 500),
    ],
)
def test_what_is_not_surely_of_others_is_ours(
    organization: Organization, account: GatewayAccount, own: PayoutItem
) -> None:
    take(account, sent(own))
    told(organization)
    assert balances(organization) == {"clearing": -own.net_minor, "payouts_in_transit": own.net_minor}
    assert_all_square()


def test_a_fee_of_the_account_is_ours_and_that_for_a_charge_of_others_is_theirs(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    items = (
        item(payment, 9900, fee=100),
        PayoutItem("ch_strange", 3960, ItemKind.CHARGE, fee_minor=40),
        PayoutItem("fee_of_the_month", -25, ItemKind.FEE),
    )
    take(account, sent(*items, fee=eur(165)))
    assert balances(organization) == {
        "gateway_fees": 125,
        "money_of_others": -3960,
        "payouts_in_transit": 13835,
        "sales": -10000,
    }
    kinds = [line.kind for line in payout_contents(organization, the_payout(organization).id).lines]
    assert kinds == ["charge", "others", "fee"]
    assert_all_square()


def test_what_is_ours_and_of_others_may_come_to_nothing(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Then a payout of nothing is booked, and can be taken back."""
    payment = paid(organization, customer, account)
    items = (item(payment, 10000), PayoutItem("re_strange", -10000, ItemKind.REFUND))
    take(account, sent(*items))
    assert balances(organization) == {"money_of_others": 10000, "sales": -10000}
    assert_all_square()
    take(account, sent(*items), payout_outcome(Status.DECLINED, reference="po_1", amount=eur(0)))
    assert balances(organization) == {"clearing": 10000, "sales": -10000}
    assert_all_square()


def late(organization: Organization, customer: Customer, account: GatewayAccount) -> Payment:
    """A payment whose payer is at the provider's page; it will be called ``ch_late`` there."""
    payment = started(organization, customer, account)
    Payment.objects.filter(id=payment.id).update(reference="cs_late")
    return payment


def captured(payment: Payment, *, fee: int = 100) -> Outcome:
    attempt = payment.attempts.get(organization=payment.organization)
    return charge(reference="ch_late", key=attempt.id, amount=eur(10000), fee=eur(fee))


def test_a_charge_told_of_after_its_payout_is_found_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = late(organization, customer, account)
    take(account, sent(PayoutItem("ch_late", 9900, ItemKind.CHARGE), STRANGE))
    told(organization)
    assert balances(organization)["money_of_others"] == -13900
    take(account, captured(payment))
    assert balances(organization)["clearing"] == 9900, "it is with the provider, as far as anybody knows"
    assert_all_square()
    for _ in range(3):
        told(organization)
        assert balances(organization) == {
            "gateway_fees": 100,
            "money_of_others": -4000,
            "payouts_in_transit": 13900,
            "sales": -10000,
        }
    payout = the_payout(organization)
    contents = payout_contents(organization, payout.id)
    assert [(line.kind, line.payment) for line in contents.lines] == [("charge", payment), ("others", None)]
    assert (payout.others_minor, contents.own) == (4000, 9900)
    (fact,) = PayoutOthers.objects.filter(organization=organization)
    assert (fact.payout_id, fact.amount_minor, fact.fee_minor) == (payout.id, -9900, 0)
    found = Event.objects.filter(organization_id=organization.id, kind="payout.found")
    assert [event.data["amount_minor"] for event in found] == [9900]
    assert_all_square()


def test_the_fee_of_what_is_found_is_ours_then(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = late(organization, customer, account)
    take(account, sent(PayoutItem("ch_late", 9900, ItemKind.CHARGE, fee_minor=100), fee=eur(100)))
    assert balances(organization)["money_of_others"] == -9900
    take(account, captured(payment, fee=0))
    told(organization)
    assert balances(organization) == {"gateway_fees": 100, "payouts_in_transit": 9900, "sales": -10000}
    assert_all_square()


@pytest.mark.parametrize("named", [True, False], ids=["by its charge", "by its own name"])
def test_a_refund_and_a_dispute_told_of_later_are_ours(
    organization: Organization, customer: Customer, account: GatewayAccount, named: bool
) -> None:
    payment = paid(organization, customer, account)
    about = str(payment.reference) if named else ""
    items = (
        PayoutItem("re_1", -3000, ItemKind.REFUND, about),
        PayoutItem("dp_1", -5000, ItemKind.DISPUTE, about),
        item(payment, 10000),
    )
    take(account, sent(*items))
    told(organization)
    assert balances(organization).get("money_of_others", 0) == (0 if named else 8000)
    charged = payment.reference
    take(account, refund_outcome(reference="re_1", amount=eur(3000), charge_reference=charged))
    case = {"reference": "dp_1", "amount": eur(5000), "charge_reference": charged}
    take(account, dispute_outcome(DisputeStage.OPENED, **case))
    told(organization)
    after = balances(organization)
    assert ("clearing" in after, "money_of_others" in after, after["payouts_in_transit"]) == (
        False,
        False,
        2000,
    )
    contents = payout_contents(organization, the_payout(organization).id)
    assert [line.kind for line in contents.lines] == ["refund", "dispute", "charge"]
    assert_all_square()


def test_it_comes_back_with_both_parts_and_goes_out_again_with_both(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The next payout brings it in one line, of which the same part is of others."""
    payment = paid(organization, customer, account)
    take(account, sent(item(payment, 10000), STRANGE))
    take(account, payout_outcome(Status.DECLINED, reference="po_1", amount=eur(14000)))
    assert balances(organization) == {"clearing": 10000, "sales": -10000}
    again = PayoutItem("po_1", 14000, ItemKind.PAYOUT)
    take(account, sent(again, reference="po_2"))
    told(organization)
    assert balances(organization) == {
        "money_of_others": -4000,
        "payouts_in_transit": 14000,
        "sales": -10000,
    }
    (line,) = payout_contents(organization, the_payout(organization, "po_2").id).lines
    assert (line.kind, line.item.others_minor) == ("payout", 4000)
    assert_all_square()


def test_what_is_found_in_a_payout_that_came_back_is_ours_in_those_that_brought_it_again(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = late(organization, customer, account)
    take(account, sent(PayoutItem("ch_late", 9900, ItemKind.CHARGE), STRANGE))
    for before, after in (("po_1", "po_2"), ("po_2", "po_3")):
        take(account, payout_outcome(Status.DECLINED, reference=before, amount=eur(13900)))
        take(account, sent(PayoutItem(before, 13900, ItemKind.PAYOUT), reference=after))
    told(organization)
    assert balances(organization)["money_of_others"] == -13900
    take(account, captured(payment))
    told(organization)
    assert balances(organization) == {
        "gateway_fees": 100,
        "money_of_others": -4000,
        "payouts_in_transit": 13900,
        "sales": -10000,
    }
    (fact,) = PayoutOthers.objects.filter(organization=organization)
    assert fact.payout == the_payout(organization, "po_3"), "the others are not in the books"
    assert_all_square()


def test_in_another_currency_nothing_is_left_of_what_is_found(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """What is owed is worth the rate of the day when it came; clearing gives what it has at its own."""
    rate_is(organization, "0.9")
    invoice = issued_invoice(organization, customer, total="100.00", currency_code="USD")
    items = (PayoutItem("ch_late", 9000, ItemKind.CHARGE), PayoutItem("ch_strange", 1000, ItemKind.CHARGE))
    take(account, sent(*items, amount=usd(10000)))
    assert balances(organization)["money_of_others"] == -9000
    rate_is(organization, "0.7")
    page = charge(Status.ACTION_REQUIRED, reference="cs_late", redirect="https://pay.example/")
    attempt = pay(invoice, account, answer=page).attempts.get(organization=organization)
    take(account, charge(reference="ch_late", key=attempt.id, amount=usd(10000), fee=usd(1000)))
    told(organization)
    assert balances(organization, "USD")["money_of_others"] == -1000
    assert balances(organization)["money_of_others"] == -900
    assert "clearing" not in balances(organization), "an empty account is empty in euros too"
    assert_all_square()


def test_what_the_provider_converts_on_its_way_is_owed_as_it_lay_there(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """The bank gets it in its own currency; we owe what the other shop had at the provider."""
    rate_is(organization, "0.9")
    arrives = (Converted(eur(9100)),)
    strange = PayoutItem("ch_strange", 10000, ItemKind.CHARGE)
    take(account, sent(strange, amount=usd(10000), converted=arrives))
    assert balances(organization, "USD") == {"money_of_others": -10000, "exchange": 10000}
    assert balances(organization, "EUR") == {"payouts_in_transit": 9100, "exchange": -9100}
    assert balances(organization) == {"money_of_others": -9000, "payouts_in_transit": 9100, "exchange": -100}
    take(account, payout_outcome(Status.DECLINED, reference="po_1", amount=usd(10000)))
    assert balances(organization) == {}
    assert_all_square()


def test_whoever_passes_it_on_books_it_by_hand(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account)
    take(account, sent(STRANGE))
    roles = {each.role: each.id for each in Account.objects.filter(organization=organization)}
    post_manual(
        organization=organization,
        on=clock.today(organization),
        memo="Passed on",
        lines=[
            ManualLine(account_id=roles[AccountRole.MONEY_OF_OTHERS], amount=eur(3000)),
            ManualLine(account_id=roles[AccountRole.BANK], amount=eur(-3000)),
        ],
        key=a_key(),
        actor=SYSTEM,
    )
    money = where_is_my_money(organization)
    (others,) = money.of_others
    assert (others.brought, others.passed_on, others.owed, money.adds_up) == (4000, 3000, 1000, True)
    assert_all_square()


def test_another_organization_at_the_same_account_is_another(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Each of the two knows its own part of the payout, whatever the other knows."""
    other = factories.make_organization()
    theirs = scripted_account(other)
    ours, not_ours = (
        paid(organization, customer, account),
        paid(other, factories.make_customer(other), theirs),
    )
    news = sent(item(ours, 10000), item(not_ours, 9000))
    for each in (account, theirs):
        take(each, news)
    told(organization)
    told(other)
    assert balances(organization)["money_of_others"] == -9000
    assert balances(other)["money_of_others"] == -10000
    assert balances(other)["clearing"] == 1000
    assert_all_square()


def test_what_was_taken_before_an_account_was_connected_anew_is_ours(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    before, payment = paid(organization, customer, account), late(organization, customer, account)
    anew = add_gateway_account(
        organization=organization, gateway="scripted", label="Anew", settings={}, actor=SYSTEM
    )
    take(anew, sent(item(before, 10000), PayoutItem("ch_late", 9900, ItemKind.CHARGE)))
    assert balances(organization)["money_of_others"] == -9900
    take(account, captured(payment))
    told(organization)
    assert "money_of_others" not in balances(organization)
    assert sorted(row.held for row in where_is_my_money(organization).rows) == [-19900, 19900]
    assert_all_square()


@pytest.mark.parametrize("known_first", [True, False])
def test_what_was_paid_out_before_an_account_was_connected_anew_comes_back_as_ours(
    organization: Organization, customer: Customer, account: GatewayAccount, known_first: bool
) -> None:
    """The news of the one connection may come after that of the other."""
    payment = paid(organization, customer, account)
    anew = add_gateway_account(
        organization=organization, gateway="scripted", label="Anew", settings={}, actor=SYSTEM
    )
    failed = replace(sent(item(payment, 10000), STRANGE), status=Status.DECLINED)
    brings = sent(PayoutItem("po_1", 14000, ItemKind.PAYOUT), reference="po_2")
    both = [(account, failed), (anew, brings)]
    for holder, news in both if known_first else reversed(both):
        take(holder, news)
        told(organization)
    assert balances(organization)["money_of_others"] == -4000
    assert_all_square()


#: What the provider does, in this order: a charge and its refund, a payout of the charge and of another shop's, which
#: comes back, as does one from before the account was added, and one that brings both again. The news of it may come
#: in any other.
AGAIN = (
    PayoutItem("po_1", 23900, ItemKind.PAYOUT),
    PayoutItem("po_before", 7000, ItemKind.PAYOUT),
    PayoutItem("re_late", -3000, ItemKind.REFUND, "ch_late"),
    PayoutItem("fee_of_the_month", -25, ItemKind.FEE),
)


def happened(late_one: Payment, own: Payment, *, comes_back: bool) -> list[Outcome]:
    contained = (item(own, 10000), PayoutItem("ch_late", 9900, ItemKind.CHARGE), STRANGE)
    news = [
        captured(late_one),
        refund_outcome(reference="re_late", charge_reference="ch_late", amount=eur(3000)),
        sent(*contained, happened_at=NOON),
    ]
    if comes_back:
        failed = replace(news[-1], status=Status.DECLINED, happened_at=NOON + timedelta(hours=1))
        before = {"amount": eur(7000), "happened_at": NOON - timedelta(days=9999)}
        news += [failed, payout_outcome(Status.DECLINED, reference="po_before", **before)]
        news += [sent(*AGAIN, reference="po_2", fee=eur(25))]
    return news


def hear(account: GatewayAccount, news: Sequence[Outcome]) -> list[Outcome]:
    """One delivery; returns what comes again, since it came too early."""
    try:
        with transaction.atomic():
            take(account, *news)
    except (OutcomeTooEarly, OutcomeUnmatched):
        if len(news) == 1:
            return list(news)
        return [each for one in news for each in hear(account, [one])]
    return []


@dataclass(frozen=True)
class Plan:
    """Which news come, in which order; how many in a batch; and after which of these the log is read."""

    comes_back: bool
    order: Sequence[int]
    sizes: Sequence[int]
    read: Sequence[bool]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    comes_back = draw(st.booleans())
    news = range(6 if comes_back else 3)
    again = draw(st.lists(st.sampled_from(news), max_size=4))
    order = draw(st.permutations([*news, *again]))
    steps = draw(st.tuples(*(st.tuples(st.integers(1, 3), st.booleans()) for _ in order)))
    return Plan(comes_back, order, [size for size, _ in steps], [read for _, read in steps])


@hypothesis_settings(
    max_examples=25, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plan=plans())
def test_in_any_order_repeated_and_in_any_batches_each_cent_ends_where_it_belongs(
    db: None, plan: Plan
) -> None:
    organization, comes_back = factories.make_organization(), plan.comes_back
    customer, account = factories.make_customer(organization), scripted_account(organization)
    late_one, own = late(organization, customer, account), paid(organization, customer, account)
    news = happened(late_one, own, comes_back=comes_back)
    waiting = [news[number] for number in plan.order]
    for size, is_read in zip(plan.sizes, plan.read, strict=True):
        batch, waiting = waiting[:size], waiting[size:]
        waiting += hear(account, batch)
        if is_read:
            told(organization)
    while waiting:
        waiting = [each for one in waiting for each in hear(account, [one])]
    told(organization)
    assert balances(organization) == {
        "gateway_fees": 125 if comes_back else 100,
        "money_of_others": -11000 if comes_back else -4000,
        "payouts_in_transit": 27875 if comes_back else 23900,
        "receivable": 3000,
        "sales": -20000,
    } | ({} if comes_back else {"clearing": -3000})
    marked = StoredItem.objects.filter(organization=organization, kind=ItemKind.CHARGE).exclude(
        others_minor=0
    )
    assert set(marked.values_list("reference", flat=True)) == {"ch_strange"}
    booked = list(JournalEntry.objects.filter(organization=organization).values_list("source_id", "kind"))
    assert len(booked) == len(set(booked))
    assert_all_square()
