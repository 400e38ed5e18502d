"""Another shop uses our account at the provider: its money is in our payouts, and never on our clearing account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given
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
from allsquare.payments.gateway import Converted, DisputeStage, ItemKind, Outcome, PayoutItem, Status
from allsquare.payments.models import GatewayAccount, Payment, Payout, PayoutOthers
from allsquare.payments.models import PayoutItem as StoredItem
from allsquare.payments.payout_list import payout_contents
from tests import factories
from tests.payments.flows import balances, paid, started, take
from tests.payments.makers import (
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    payout_outcome,
    rate_is,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.square import assert_all_square

STRANGE = PayoutItem("ch_strange", 4000, ItemKind.CHARGE)


def told(organization: Organization) -> None:
    """The reader of the log gets all that happened; it may get it again."""
    payout_reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))


def item(payment: Payment, net: int, *, fee: int = 0) -> PayoutItem:
    return PayoutItem(str(payment.reference), net, ItemKind.CHARGE, fee_minor=fee)


def sent(*items: PayoutItem, reference: str = "po_1", **more: object) -> Outcome:
    amount = more.pop("amount", eur(sum(each.net_minor for each in items)))
    return payout_outcome(reference=reference, amount=amount, payout_items=items, **more)


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
        PayoutItem("po_unknown", 500, ItemKind.PAYOUT),
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


def arrives(fee: int = 100) -> Outcome:
    return charge(reference="ch_late", amount=eur(10000), fee=eur(fee))


def capture(organization: Organization, payment: Payment, account: GatewayAccount, **more: int) -> None:
    attempt = payment.attempts.get(organization=organization)
    outcome = arrives(**more)
    take(account, charge(reference="ch_late", key=attempt.id, amount=outcome.amount, fee=outcome.fee))


def test_a_charge_told_of_after_its_payout_is_found_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = late(organization, customer, account)
    take(account, sent(PayoutItem("ch_late", 9900, ItemKind.CHARGE), STRANGE))
    told(organization)
    assert balances(organization)["money_of_others"] == -13900
    capture(organization, payment, account)
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
    capture(organization, payment, account, fee=0)
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
    of = {"charge_reference": payment.reference}
    take(account, refund_outcome(reference="re_1", amount=eur(3000), **of))
    take(account, dispute_outcome(DisputeStage.OPENED, reference="dp_1", amount=eur(5000), **of))
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
    assert balances(organization) == {"money_of_others": -13900, "payouts_in_transit": 13900}
    capture(organization, payment, account)
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
    payment = started_for(invoice, account)
    attempt = payment.attempts.get(organization=organization)
    take(account, charge(reference="ch_late", key=attempt.id, amount=usd(10000), fee=usd(1000)))
    told(organization)
    assert balances(organization, "USD")["money_of_others"] == -1000
    assert balances(organization)["money_of_others"] == -900
    assert "clearing" not in balances(organization), "an empty account is empty in euros too"
    assert_all_square()


def started_for(invoice: object, account: GatewayAccount) -> Payment:
    from tests.payments.flows import pay

    return pay(invoice, account, answer=charge(Status.ACTION_REQUIRED, reference="cs_late", redirect="https://p/"))  # type: ignore[arg-type]
