"""Where the money is, and what payouts are made of: the facts and the ledger say the same, whatever happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.insights.whereabouts import Whereabouts, where_is_my_money
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.models import Account
from allsquare.ledger.services.post_manual import ManualLine, post_manual
from allsquare.payments.attention import PAYOUT_OF_OTHERS
from allsquare.payments.errors import PayoutUnknown
from allsquare.payments.gateway import ROUNDING, DisputeStage, ItemKind, MethodKind, PayoutItem
from allsquare.payments.models import Attention, GatewayAccount, Payment, Payout
from allsquare.payments.payouts import list_payouts, payout_contents
from allsquare.payments.services.refund import refund
from tests import factories
from tests.payments.flows import paid, pay, take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    dispute_outcome,
    eur,
    issued_invoice,
    offline_account,
    payout_outcome,
    refund_outcome,
    usd,
)
from tests.square import assert_all_square


def numbers(row: Whereabouts) -> dict[str, int]:
    found = {
        name: getattr(row, name)
        for name in ("captured", "fees", "refunded", "disputed", "lost", "paid_out", "held")
    }
    return {name: minor for name, minor in found.items() if minor}


def dispute(account: GatewayAccount, charge: str, stage: DisputeStage, *, name: str) -> None:
    take(
        account,
        dispute_outcome(stage, reference=name, charge_reference=charge, amount=eur(10000), fee=eur(1500)),
    )


def test_nothing_came(organization: Organization) -> None:
    money = where_is_my_money(organization)
    assert (money.rows, money.in_transit, money.adds_up) == ([], [], True)


def test_every_cent_has_a_place(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Five payments of 100: one kept, one given back in part, one disputed, one lost, one won; a part paid out."""
    five = [paid(organization, customer, account, fee=100) for _ in range(5)]
    kept, given, open_case, lost, won = five
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(3000), fee=eur(-30)))
    refund(
        organization=organization, payment_id=given.id, amount=eur(3000), reason="", key=a_key(), actor=SYSTEM
    )
    for payment, name in ((open_case, "d1"), (lost, "d2"), (won, "d3")):
        dispute(account, str(payment.reference), DisputeStage.OPENED, name=name)
    dispute(account, str(lost.reference), DisputeStage.LOST, name="d2")
    dispute(account, str(won.reference), DisputeStage.WON, name="d3")
    items = (PayoutItem(str(kept.reference), 9900), PayoutItem("re_1", -2970), PayoutItem("fee_7", -30))
    take(account, payout_outcome(reference="po_1", amount=eur(6900), payout_items=items))
    by_hand = offline_account(organization)
    pay(issued_invoice(organization, customer), by_hand, method=MethodKind.CASH)

    money = where_is_my_money(organization)
    provider, till = money.rows
    assert numbers(provider) == {
        "captured": 50000,
        "fees": 5 * 100 + 3 * 1500 - 30,
        "refunded": 3000,
        "disputed": 10000,
        "lost": 10000,
        "paid_out": 6900,
        "held": 50000 - 4970 - 3000 - 20000 - 6900,
    }
    assert (provider.booked, provider.difference) == (provider.held, 0)
    assert (numbers(till), till.booked) == ({"captured": 10000, "held": 10000}, None)
    assert list(money.in_transit) == [("EUR", 6900)]
    assert money.adds_up
    assert_all_square()


def test_a_fee_that_is_told_with_the_payout_is_a_fee(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """As debits are: the charge tells none."""
    payment = paid(organization, customer, account, fee=0)
    items = (PayoutItem(str(payment.reference), 9900),)
    take(account, payout_outcome(reference="po_1", amount=eur(9900), fee=eur(100), payout_items=items))
    (row,) = where_is_my_money(organization).rows
    assert numbers(row) == {"captured": 10000, "fees": 100, "paid_out": 9900}
    assert (row.booked, row.difference) == (0, 0)
    assert_all_square()


def test_currencies_are_never_added_up(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account)
    from_others = factories.make_organization()
    assert where_is_my_money(from_others).rows == []
    (row,) = where_is_my_money(organization).rows
    assert row.currency == "EUR"
    assert usd(1).currency.code != row.currency


def test_what_was_booked_by_hand_is_seen(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account)
    roles = {each.role: each for each in Account.objects.filter(organization=organization)}
    clearing, bank = roles[AccountRole.CLEARING], roles[AccountRole.BANK]
    post_manual(
        organization=organization,
        on=clock.today(organization),
        memo="By hand",
        lines=[
            ManualLine(account_id=bank.id, amount=eur(500)),
            ManualLine(account_id=clearing.id, amount=eur(-500)),
        ],
        key=a_key(),
        actor=SYSTEM,
    )
    money = where_is_my_money(organization)
    (row,) = money.rows
    assert (row.difference, money.adds_up) == (-500, False)


def test_a_payout_says_what_it_is_made_of(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    one, two = (paid(organization, customer, account, fee=100) for _ in range(2))
    ScriptedGateway.answers.append(refund_outcome(reference="re_1", amount=eur(3000), fee=eur(0)))
    refund(
        organization=organization, payment_id=one.id, amount=eur(3000), reason="", key=a_key(), actor=SYSTEM
    )
    dispute(account, str(two.reference), DisputeStage.OPENED, name="d1")
    items = (
        PayoutItem(str(one.reference), 9900),
        PayoutItem(str(two.reference), 9900),
        PayoutItem("re_1", -3000),
        PayoutItem("d1", -11500),
        PayoutItem("fee_7", -25),
    )
    take(account, payout_outcome(reference="po_1", amount=eur(5275), payout_items=items))
    (payout,) = list_payouts(organization)
    contents = payout_contents(organization, payout.id)
    assert [(line.kind, line.payment.id if line.payment else None) for line in contents.lines] == [
        ("charge", one.id),
        ("charge", two.id),
        ("refund", one.id),
        ("dispute", two.id),
        ("other", None),
    ]
    assert (contents.gross, contents.fees, contents.taken, contents.missing) == (20000, 200, -14525, 0)
    assert contents.gross - contents.fees + contents.taken == payout.net_minor
    with pytest.raises(PayoutUnknown):
        payout_contents(factories.make_organization(), payout.id)


def test_what_a_provider_does_not_explain_is_said(
    organization: Organization, account: GatewayAccount
) -> None:
    take(account, payout_outcome(reference="po_1", amount=eur(5000)))
    payout = Payout.objects.get(organization=organization)
    contents = payout_contents(organization, payout.id)
    assert (contents.lines, contents.missing) == ([], 5000)


def test_payouts_are_read_page_by_page(organization: Organization, account: GatewayAccount) -> None:
    for number in range(5):
        take(account, payout_outcome(reference=f"po_{number}", amount=eur(100)))
    first = list_payouts(organization, limit=2)
    second = list_payouts(organization, before=first[-1].id, limit=2)
    assert [row.reference for row in (*first, *second)] == ["po_4", "po_3", "po_2", "po_1"]
    back = list_payouts(organization, after=second[-1].id, limit=2)
    assert [row.reference for row in back] == ["po_2", "po_3"]


def test_a_payout_of_which_nobody_said_what_its_lines_are_says_what_may_be_of_others(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """As payouts were kept before it was told apart. A provider's own charge, a refund of ours and what rounding left
    are not the money of others."""
    payment = paid(organization, customer, account)
    items = (
        PayoutItem(str(payment.reference), 10000),
        PayoutItem("ch_other", 4000),
        PayoutItem("fee_of_the_month", -500),
        PayoutItem(ROUNDING, 1),
    )
    take(account, payout_outcome(reference="po_1", amount=eur(13501), fee=eur(500), payout_items=items))
    contents = payout_contents(organization, Payout.objects.get(organization=organization).id)
    assert (contents.strange, contents.missing) == (4000, 0)
    (row,) = where_is_my_money(organization).short
    assert (row.held, row.strange, row.difference) == (-4001, 4000, 0)
    assert_all_square()


def test_a_refund_after_a_payout_is_short_and_no_money_of_others(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    items = (PayoutItem(str(payment.reference), 10000),)
    take(account, payout_outcome(reference="po_1", amount=eur(10000), payout_items=items))
    assert not where_is_my_money(organization).short
    take(account, refund_outcome(reference="re_1", charge_reference=str(payment.reference), amount=eur(2500)))
    (row,) = where_is_my_money(organization).short
    assert (row.held, row.strange) == (-2500, 0)


def told_of_others(organization: Organization) -> int:
    return Attention.objects.filter(organization=organization, kind=PAYOUT_OF_OTHERS).count()


def test_a_person_is_told_of_others_once_and_not_before_all_news_may_be_there(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    def pay_out(number: int, days: int) -> None:
        organization.clock_offset = timedelta(days=days)
        organization.save()
        items = (PayoutItem(f"ch_other_{number}", 4000, ItemKind.CHARGE),)
        take(account, payout_outcome(reference=f"po_{number}", amount=eur(4000), payout_items=items))

    pay_out(1, days=0)
    pay_out(2, days=0)
    assert told_of_others(organization) == 0
    for day in (1, 2, 3):
        pay_out(2 + day, days=day)
        assert told_of_others(organization) == 1
    told = Event.objects.filter(organization_id=organization.id, kind="attention.raised")
    assert told.count() == 1


def test_a_charge_told_of_after_its_payout_is_not_of_others(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    items = (PayoutItem("ch_late", 9900),)
    take(account, payout_outcome(reference="po_1", amount=eur(9900), payout_items=items))
    payout = Payout.objects.get(organization=organization)
    assert payout_contents(organization, payout.id).strange == 9900
    payment = paid(organization, customer, account, fee=100)
    Payment.objects.filter(organization=organization, id=payment.id).update(reference="ch_late")
    organization.clock_offset = timedelta(days=1)
    organization.save()
    take(account, payout_outcome(reference="po_2", amount=eur(1)))
    assert told_of_others(organization) == 0
    contents = payout_contents(organization, payout.id)
    (line,) = contents.lines
    assert (contents.strange, line.kind, line.payment, line.gross, line.fee) == (
        0,
        "charge",
        payment,
        10000,
        100,
    )
