"""Payouts that the bank did not take: unbooked once, whatever the order of the news, and sent again at times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.ledger.errors import PeriodClosed
from allsquare.ledger.models import JournalEntry
from allsquare.ledger.services.close_period import close_period
from allsquare.payments.attention import PAYOUT_FAILED
from allsquare.payments.errors import OutcomeContradicts
from allsquare.payments.gateway import Outcome, PayoutItem, Status
from allsquare.payments.models import Attention, GatewayAccount, Payout
from allsquare.payments.payouts import payout_contents
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests import factories
from tests.payments.flows import balances, final_state, paid, take
from tests.payments.makers import eur, issued_invoice, payout_outcome, scripted_account, usd
from tests.payments.test_foreign_currency import captured, rate_is
from tests.square import assert_all_square

#: Of a day after any account was added here: older payouts are none of ours.
NOON = datetime(2126, 11, 27, 12, tzinfo=UTC)


def sent(at: int | None = None, **more: object) -> Outcome:
    """The payout ``po_1`` of 500 was sent; ``at`` is the hour of which the provider says so."""
    return news(Status.SUCCEEDED, at, **more)


def came_back(at: int | None = None, **more: object) -> Outcome:
    return news(Status.DECLINED, at, **{"code": "account_closed", "message": "Closed.", **more})


def news(status: Status, at: int | None, **more: object) -> Outcome:
    when = None if at is None else NOON + timedelta(hours=at)
    return payout_outcome(status, **{"reference": "po_1", "amount": eur(500), "happened_at": when, **more})


def entries(organization: Organization) -> list[str]:
    found = JournalEntry.objects.filter(organization=organization, source_type="payout")
    return list(found.order_by("id").values_list("kind", flat=True))


def sendings(organization: Organization) -> list[tuple[int, str]]:
    found = Payout.objects.filter(organization=organization, reference="po_1")
    return list(found.order_by("sending").values_list("sending", "state"))


def told(organization: Organization) -> list[str]:
    found = Event.objects.filter(organization_id=organization.id, kind__startswith="payout.")
    return list(found.order_by("id").values_list("kind", flat=True))


def test_it_is_unbooked_once_and_a_person_is_told(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account, fee=175)
    before = balances(organization)
    take(account, sent())
    assert balances(organization)["payouts_in_transit"] == 500
    for _ in range(3):
        take(account, came_back())
        assert balances(organization) == before
        assert entries(organization) == ["payout.paid", "payout.failed"]
    payout = Payout.objects.get(organization=organization)
    assert (payout.state, payout.failure_code, payout.failure_message) == (
        "failed",
        "account_closed",
        "Closed.",
    )
    assert payout.failed_at is not None
    first, second = JournalEntry.objects.filter(organization=organization, source_id=payout.id).order_by("id")
    assert second.reverses_id == first.id
    (task,) = Attention.objects.filter(organization=organization)
    assert (task.kind, task.subject_id, task.data["amount_minor"]) == (PAYOUT_FAILED, payout.id, 500)
    assert told(organization) == ["payout.paid", "payout.failed"]
    money = where_is_my_money(organization)
    assert ([row.paid_out for row in money.rows], money.in_transit, money.adds_up) == ([0], [], True)
    assert_all_square()


def test_the_fee_that_came_with_it_is_taken_back_too(
    organization: Organization, account: GatewayAccount
) -> None:
    take(account, sent(fee=eur(25)), came_back(fee=eur(25)))
    take(account, sent(reference="po_2", fee=eur(25)))
    assert balances(organization) == {"clearing": -525, "gateway_fees": 25, "payouts_in_transit": 500}
    take(account, came_back(reference="po_2", amount=None))
    assert balances(organization) == {}
    assert_all_square()


def test_one_that_we_hear_of_when_it_came_back_was_never_booked(
    organization: Organization, account: GatewayAccount
) -> None:
    """And the news that it was sent comes late."""
    take(account, came_back())
    take(account, sent(), came_back())
    take(account, sent())
    assert (entries(organization), sendings(organization)) == ([], [(1, "failed")])
    assert Attention.objects.filter(organization=organization, kind=PAYOUT_FAILED).count() == 1
    assert told(organization) == ["payout.failed"]
    assert_all_square()
    with pytest.raises(OutcomeContradicts):
        take(account, came_back(reference="po_9", amount=None))


def test_one_that_was_called_off_before_it_was_sent_is_nobodys_task(
    organization: Organization, account: GatewayAccount
) -> None:
    take(account, came_back(code="canceled"))
    assert not Payout.objects.filter(organization=organization).exists()
    take(account, sent(), came_back(code="canceled"))
    assert not Attention.objects.filter(organization=organization).exists()
    take(account, sent())
    take(account, came_back(code="canceled"))
    assert (balances(organization), sendings(organization)) == ({}, [(1, "failed")])
    assert_all_square()


def test_sent_again_under_the_same_name_it_is_a_payout_of_its_own(
    organization: Organization, account: GatewayAccount
) -> None:
    take(account, sent(1))
    take(account, came_back(2))
    take(account, sent(1))
    assert sendings(organization) == [(1, "failed")], "late"
    take(account, sent(3))
    take(account, sent(3), came_back(2))
    assert sendings(organization) == [(1, "failed"), (2, "paid")]
    assert balances(organization) == {"clearing": -500, "payouts_in_transit": 500}
    assert_all_square()
    take(account, came_back(4))
    take(account, came_back(4), came_back(2), sent(3))
    assert sendings(organization) == [(1, "failed"), (2, "failed")]
    assert entries(organization) == ["payout.paid", "payout.failed"] * 2
    assert balances(organization) == {}
    assert Attention.objects.filter(organization=organization, kind=PAYOUT_FAILED).count() == 2
    assert_all_square()


def test_where_the_provider_has_no_time_of_it_the_time_of_reading_counts(
    organization: Organization, account: GatewayAccount
) -> None:
    moments = [NOON + timedelta(hours=hour) for hour in range(3)]
    take(account, sent(0, seen_at=moments[0]))
    take(account, came_back(0, seen_at=moments[1]))
    take(account, sent(0, seen_at=moments[0]))
    assert sendings(organization) == [(1, "failed")]
    take(account, sent(0, seen_at=moments[2]))
    assert sendings(organization) == [(1, "failed"), (2, "paid")]
    assert_all_square()


#: What may happen to one payout, by the hour: sent and sent back in turn, as far as it goes.
HISTORY = (sent(1), came_back(2), sent(3), came_back(4), sent(5))


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    until=st.integers(1, len(HISTORY)),
    data=st.data(),
)
def test_in_any_order_repeated_and_in_any_batches_the_newest_news_holds(
    db: None, until: int, data: st.DataObject
) -> None:
    happened = HISTORY[:until]
    order = data.draw(
        st.permutations([*happened, *data.draw(st.lists(st.sampled_from(happened), max_size=4))])
    )
    organization = factories.make_organization()
    account = scripted_account(organization)
    for batch in batches(order, data.draw(st.lists(st.integers(1, 3), min_size=len(order)))):
        take(account, *batch)
    is_out = happened[-1].status is Status.SUCCEEDED
    assert balances(organization) == ({"clearing": -500, "payouts_in_transit": 500} if is_out else {})
    assert [state for _, state in sendings(organization)][-1] == ("paid" if is_out else "failed")
    booked = entries(organization)
    assert booked.count("payout.paid") - booked.count("payout.failed") == is_out
    assert_all_square()


def batches(order: Sequence[Outcome], sizes: Sequence[int]) -> list[Sequence[Outcome]]:
    cut, found = 0, []
    for size in sizes:
        found.append(order[cut : cut + size])
        cut += size
    return [batch for batch in found if batch]


def test_in_another_currency_it_comes_back_at_what_it_went_out_for(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    rate_is(organization, "0.9")
    invoice = issued_invoice(organization, customer, total="100.00", currency_code="USD")
    captured(invoice, account, 10000)
    before = balances(organization)
    rate_is(organization, "0.8")
    take(account, sent(amount=usd(10000)))
    assert balances(organization) != before
    rate_is(organization, "0.7")
    take(account, came_back(amount=usd(10000)))
    assert balances(organization) == before
    take(account, sent(reference="po_2", amount=usd(10000)))
    assert "clearing" not in balances(organization), "an empty account is empty in euros too"
    assert_all_square()


def test_a_closed_month_stays_as_it_is_and_today_takes_the_reversal(
    organization: Organization, account: GatewayAccount
) -> None:
    take(account, sent())
    sent_on = clock.today(organization)
    organization.clock_offset = timedelta(days=40)
    organization.save()
    close_period(organization=organization, starts_on=sent_on.replace(day=1), ends_on=sent_on, actor=SYSTEM)
    take(account, came_back())
    dates = (
        JournalEntry.objects.filter(organization=organization).order_by("id").values_list("date", flat=True)
    )
    assert list(dates) == [sent_on, clock.today(organization)]
    assert balances(organization) == {}
    assert_all_square()


def test_while_today_is_closed_nothing_changes_and_the_news_waits(
    organization: Organization, account: GatewayAccount
) -> None:
    take(account, sent())
    today = clock.today(organization)
    organization.clock_offset = timedelta(days=1)
    organization.save()
    close_period(organization=organization, starts_on=today, ends_on=today, actor=SYSTEM)
    organization.clock_offset = timedelta(0)
    organization.save()
    before = final_state(organization)
    with pytest.raises(PeriodClosed):
        take(account, came_back())
    assert final_state(organization) == before
    assert not Attention.objects.filter(organization=organization).exists()


def test_the_next_payout_says_that_it_brings_what_came_back(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    items = (PayoutItem(str(payment.reference), 500), PayoutItem("po_1", 500))
    take(account, sent())
    take(account, came_back())
    take(account, sent(reference="po_2", amount=eur(1000), payout_items=items))
    contents = payout_contents(
        organization, Payout.objects.get(organization=organization, reference="po_2").id
    )
    assert [(line.kind, line.payment) for line in contents.lines] == [("charge", payment), ("payout", None)]
    assert contents.missing == 0
    assert_all_square()


def test_the_same_name_at_another_account_is_another_payout(
    organization: Organization, account: GatewayAccount
) -> None:
    other = add_gateway_account(
        organization=organization, gateway="scripted", label="Other", settings={}, actor=SYSTEM
    )
    take(account, sent())
    take(other, came_back())
    assert balances(organization) == {"clearing": -500, "payouts_in_transit": 500}
    strange = factories.make_organization()
    take(scripted_account(strange), came_back())
    assert balances(organization) == {"clearing": -500, "payouts_in_transit": 500}
    assert_all_square()


def test_one_of_nothing_has_nothing_to_take_back(organization: Organization, account: GatewayAccount) -> None:
    take(account, sent(amount=eur(0)))
    take(account, came_back(amount=eur(0)))
    assert (entries(organization), sendings(organization)) == ([], [(1, "failed")])
    assert_all_square()
