"""An account that was in use before it was added here: what it paid out until then is none of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from allsquare.core import clock
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.payments.counterparts import Counterparts
from allsquare.payments.gateway import Capability, ItemKind, Outcome, PayoutItem, Status
from allsquare.payments.gateway_abilities import Sighting
from allsquare.payments.models import GatewayAccount, Payout
from allsquare.payments.payouts import payout_contents
from allsquare.payments.services import ask_history as room
from tests.payments.flows import balances, paid, take
from tests.payments.makers import eur, open_tasks, payout_outcome
from tests.payments.test_money_of_others import told
from tests.square import assert_all_square


class InUse:
    """A provider that paid out ``days`` ago already, one payout for each."""

    capabilities = frozenset({Capability.HISTORY})

    def __init__(self, *days: int) -> None:
        self.days = days
        self.since_when: list[datetime] = []

    def since(self, moment: datetime, _until: datetime | None = None) -> Iterator[Sighting]:
        self.since_when.append(moment)
        for each in self.days:
            yield Sighting(old(f"po_{each}", days=each))


def old(name: str, *, days: float, of: str = "ch_old", status: Status = Status.SUCCEEDED) -> Outcome:
    return payout_outcome(
        status,
        reference=name,
        amount=eur(100000),
        fee=eur(0),
        happened_at=clock.now(None) - timedelta(days=days),
        payout_items=(PayoutItem(of, 100000),),
    )


def test_the_first_question_books_no_payout_from_before(
    organization: Organization, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = balances(organization)
    provider = InUse(6, 4, 2)
    monkeypatch.setattr(room, "adapter", lambda _account: provider)

    assert room.ask_history(organization=organization, gateway_account=account)

    assert not Payout.objects.filter(organization=organization).exists()
    assert balances(organization) == before
    assert not open_tasks(organization)
    assert account.added_at is not None
    assert provider.since_when == [account.added_at - room.OVERLAP]  # nothing of ours can be older
    assert_all_square()


def test_without_a_day_on_which_it_was_added_nothing_is_passed_over(
    organization: Organization, account: GatewayAccount
) -> None:
    """The control: so it was for every account, and is for those that an older version added."""
    GatewayAccount.objects.filter(id=account.id).update(added_at=None)
    account.refresh_from_db()
    take(account, old("po_1", days=3))
    assert Payout.objects.filter(organization=organization).count() == 1


def test_one_from_before_that_comes_back_is_nobody_s_task(
    organization: Organization, account: GatewayAccount
) -> None:
    take(account, old("po_1", days=3, status=Status.DECLINED))
    assert not Payout.objects.filter(organization=organization).exists()
    assert not open_tasks(organization)


def brought_again(*, net: int = 100000) -> Outcome:
    """By a payout of today."""
    line = PayoutItem("po_1", net, ItemKind.PAYOUT)
    return payout_outcome(reference="po_2", amount=eur(net), fee=eur(0), payout_items=(line,))


def test_what_comes_back_from_before_and_goes_out_again_is_of_others(
    organization: Organization, account: GatewayAccount
) -> None:
    """Nothing here ever knows of the one from before, so nothing would ever put it right."""
    take(account, old("po_1", days=3, status=Status.DECLINED))
    take(account, brought_again())
    told(organization)
    assert balances(organization) == {"money_of_others": -100000, "payouts_in_transit": 100000}
    (payout,) = Payout.objects.filter(organization=organization)
    contents = payout_contents(organization, payout.id)
    assert ([line.kind for line in contents.lines], contents.others) == (["others"], 100000)
    assert not any(row.is_short for row in where_is_my_money(organization).rows)
    assert_all_square()


def test_until_one_of_ours_is_told_of_late_it_seems_to_be_from_before(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    take(account, brought_again(net=10000))
    told(organization)
    assert balances(organization)["money_of_others"] == -10000
    line = PayoutItem(str(payment.reference), 10000, ItemKind.CHARGE)
    first = {"reference": "po_1", "amount": eur(10000), "fee": eur(0), "payout_items": (line,)}
    take(account, payout_outcome(Status.DECLINED, **first))
    for _ in range(2):
        told(organization)
        assert balances(organization) == {"payouts_in_transit": 10000, "sales": -10000}
    assert_all_square()


def test_where_nobody_knows_since_when_it_is_here_one_that_is_unknown_is_ours(
    organization: Organization, account: GatewayAccount
) -> None:
    """It may have been told of before what is of others was told apart."""
    GatewayAccount.objects.filter(id=account.id).update(added_at=None)
    account.refresh_from_db()
    take(account, brought_again())
    told(organization)
    assert balances(organization) == {"clearing": -100000, "payouts_in_transit": 100000}
    assert_all_square()


def test_what_contains_a_payment_of_ours_is_ours_whatever_the_clock_there_says(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    refund = PayoutItem("re_1", -500, ItemKind.REFUND, charge_reference=str(payment.reference))
    take(
        account,
        old("po_1", days=1, of=str(payment.reference)),
        old("po_2", days=1),
        replace(old("po_3", days=1), payout_items=(refund,)),
    )
    booked = Payout.objects.filter(organization=organization).order_by("reference")
    assert [each.reference for each in booked] == ["po_1", "po_3"]


def test_what_was_booked_already_goes_on(organization: Organization, account: GatewayAccount) -> None:
    """Of an account whose day was written down after all."""
    GatewayAccount.objects.filter(id=account.id).update(added_at=None)
    account.refresh_from_db()
    take(account, old("po_1", days=3))
    GatewayAccount.objects.filter(id=account.id).update(added_at=clock.now(None))
    account.refresh_from_db()

    take(account, old("po_1", days=2.9, status=Status.DECLINED))

    (payout,) = Payout.objects.filter(organization=organization)
    assert payout.state == "failed"
    assert not any(row.paid_out for row in where_is_my_money(organization).rows)


def test_comparing_does_not_miss_it(organization: Organization, account: GatewayAccount) -> None:
    """What would be made here anew would be passed over again, at each comparing."""
    early, late = old("po_1", days=3), old("po_2", days=-0.1)
    known = Counterparts(organization, account, [early, late])
    assert not known.concern_us(early)
    assert known.concern_us(late)
