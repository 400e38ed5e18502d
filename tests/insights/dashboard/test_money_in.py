"""Money in, against sums made by hand. The clock shows Friday, November 27, 2026, noon in Berlin, unless told."""

from __future__ import annotations

import pytest

from allsquare.insights.dashboard.latest import last_payments
from allsquare.insights.dashboard.money_in import MoneyIn, money_in
from allsquare.insights.dashboard.rates import latest_rates
from tests.factories import make_organization
from tests.insights.dashboard.makers import Till, set_clock

pytestmark = pytest.mark.django_db

NOON = "2026-11-27T11:00"


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Till:
    set_clock(monkeypatch, NOON)
    return Till()


def came(money: MoneyIn, name: str) -> tuple[dict[str, int], dict[str, int]]:
    """Now and before."""
    compared = dict(money.compared)[name]
    return dict(money.came_in(compared.now)), dict(money.came_in(compared.before))


def test_each_span_holds_its_own_days_and_no_other(till: Till) -> None:
    for on, minor in {
        "2026-11-27": 1,  # today
        "2026-11-23": 2,  # Monday of this week
        "2026-11-22": 4,  # Sunday of last week: this month only
        "2026-11-20": 8,  # Friday of last week
        "2026-11-16": 16,  # Monday of last week
        "2026-11-15": 32,
        "2026-11-01": 64,
        "2026-10-31": 128,  # after October 27: in no comparison
        "2026-10-27": 256,
        "2026-10-01": 512,
        "2026-09-30": 1024,
        "2026-11-28": 2048,  # tomorrow, by somebody's mistake
    }.items():
        till.payment(on, minor)
    money = money_in(till.organization)
    assert came(money, "day") == ({"EUR": 1}, {"EUR": 8})
    assert came(money, "week") == ({"EUR": 1 + 2}, {"EUR": 8 + 16})
    assert came(money, "month") == ({"EUR": 1 + 2 + 4 + 8 + 16 + 32 + 64}, {"EUR": 256 + 512})
    weeks = [dict(money.came_in(week)).get("EUR", 0) for week in money.weeks]
    assert len(weeks) == 12
    assert weeks[-3:] == [32, 4 + 8 + 16, 1 + 2]
    assert sum(weeks) == 2047


def test_only_money_that_came_counts_and_only_ours(till: Till) -> None:
    till.payment("2026-11-27", 500)
    till.payment("2026-11-27", 700, state="pending", captured_minor=0)
    till.payment("2026-11-27", 900, state="declined", captured_minor=0)
    till.payment("2026-11-27", 1000, captured_minor=250)  # a part was captured
    Till(make_organization(name="Somebody Else")).payment("2026-11-27", 1_000_000)
    assert came(money_in(till.organization), "day")[0] == {"EUR": 750}


@pytest.mark.parametrize(
    ("zone", "instant", "today"),
    [
        ("Europe/Berlin", "2026-11-26T23:30", "2026-11-27"),  # half past midnight in Berlin
        ("America/Los_Angeles", "2026-11-27T07:30", "2026-11-26"),  # still the evening before
        ("Pacific/Kiritimati", "2026-11-26T10:30", "2026-11-27"),
        ("Europe/Berlin", "2026-10-25T23:30", "2026-10-26"),  # the clocks went back that day
    ],
)
def test_today_is_the_organizations(
    monkeypatch: pytest.MonkeyPatch, zone: str, instant: str, today: str
) -> None:
    set_clock(monkeypatch, instant)
    till = Till(make_organization(time_zone=zone))
    till.payment(today, 100)
    money = money_in(till.organization)
    assert str(money.today) == today
    assert came(money, "day")[0] == {"EUR": 100}


def test_what_was_given_back_stands_beside_on_the_local_day(till: Till) -> None:
    payment = till.payment("2026-11-20", 10_000)
    till.refund(payment, 100, "2026-11-26T23:10")  # ten past midnight of the 27th in Berlin
    till.refund(payment, 200, "2026-11-26T22:50")  # ten to midnight of the 26th
    till.refund(payment, 400, "2026-11-27T09:00", state="failed")
    till.refund(payment, 800, "2026-10-31T23:30")  # November 1 in Berlin
    money = money_in(till.organization)
    day, week, month = (money.given_back(compared.now) for _, compared in money.compared)
    assert (day, week, month) == ({"EUR": 100}, {"EUR": 300}, {"EUR": 1100})
    assert came(money, "day") == ({}, {"EUR": 10_000})  # what came stays what came


def test_currencies_are_kept_apart(till: Till) -> None:
    till.payment("2026-11-27", 100)
    till.payment("2026-11-27", 5000, "USD")
    till.payment("2026-11-26", 777, "JPY")
    money = money_in(till.organization)
    assert came(money, "day")[0] == {"EUR": 100, "USD": 5000}
    assert came(money, "week")[0] == {"EUR": 100, "USD": 5000, "JPY": 777}
    assert money.currencies == ["EUR", "JPY", "USD"]


def test_a_total_is_made_at_the_latest_rates_and_says_the_oldest_of_them(till: Till) -> None:
    till.rate("USD", "2026-01-05", "0.80")
    till.rate("USD", "2026-11-20", "0.90")
    till.rate("USD", "2026-12-01", "0.10")  # not yet
    till.rate("JPY", "2026-11-03", "0.006")
    rates = latest_rates(till.organization, {"EUR", "USD", "JPY"})
    # 1.00 € + $50.00 × 0.90 + ¥777 × 0.006 = 1.00 + 45.00 + 4.66
    assert rates.total({"EUR": 100, "USD": 5000, "JPY": 777}) == 100 + 4500 + 466
    assert str(rates.oldest) == "2026-11-03"
    assert rates.missing == ()


def test_without_a_rate_there_is_no_total(till: Till) -> None:
    rates = latest_rates(till.organization, {"EUR", "GBP"})
    assert rates.total({"EUR": 100, "GBP": 1}) is None
    assert rates.total({"EUR": 100, "GBP": 0}) == 100
    assert rates.missing == ("GBP",)


def test_the_last_payments_are_those_that_landed_last(till: Till) -> None:
    early = till.payment("2026-11-25", 1)
    debit = till.debit(till.invoice("2026-11-30", 500), 500)
    card = till.payment("2026-11-27", 2)
    debit.state, debit.captured_minor, debit.received_on = "succeeded", 500, card.received_on
    debit.settled_at = card.settled_at.replace(hour=12) if card.settled_at else None
    debit.save()
    till.payment("", 3, state="unknown", captured_minor=0)
    found = last_payments(till.organization, limit=8)
    assert found == [debit, card, early]
    assert last_payments(till.organization, limit=1) == [debit]
