"""What is owed and expected, against sums made by hand, on Friday, November 27, 2026."""

from __future__ import annotations

from datetime import date

import pytest

from allsquare.insights.dashboard.money_due import ages, money_due
from allsquare.payments.models import Payment, PaymentShare
from tests.factories import make_organization
from tests.insights.dashboard.makers import Till, set_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Till:
    set_clock(monkeypatch, "2026-11-27T11:00")
    return Till()


def test_each_invoice_has_one_age(till: Till) -> None:
    for due_on, minor in {
        "2027-06-01": 1,
        "2026-11-27": 2,  # due today is not overdue
        "2026-11-26": 4,  # one day
        "2026-10-28": 8,  # thirty
        "2026-10-27": 16,  # thirty-one
        "2026-09-28": 32,  # sixty
        "2026-09-27": 64,  # sixty-one
        "2026-08-29": 128,  # ninety
        "2026-08-28": 256,  # ninety-one
        "2020-02-29": 512,
    }.items():
        till.invoice(due_on, minor)
    due = money_due(till.organization)
    aged = {age.name: (dict(sums), count) for age, sums, count in due.aged()}
    assert aged == {
        "not_due": ({"EUR": 3}, 2),
        "1_30": ({"EUR": 12}, 2),
        "31_60": ({"EUR": 48}, 2),
        "61_90": ({"EUR": 192}, 2),
        "over_90": ({"EUR": 768}, 2),
    }
    assert due.open == {"EUR": 1023}
    assert due.overdue == {"EUR": 1020}
    assert (due.invoices, due.overdue_invoices) == (10, 8)


def test_ages_touch_and_do_not_overlap() -> None:
    parts = ages(date(2026, 3, 1))
    for day in range(-100, 200):
        on = date.fromordinal(date(2026, 3, 1).toordinal() - day)
        assert sum(age.holds(on) for age in parts) == 1


def test_only_what_is_still_open_is_owed(till: Till) -> None:
    till.invoice("2026-12-01", 1000, state="partly_paid", paid=300)
    till.invoice("2026-12-01", 1000, state="paid", paid=1000)
    till.invoice("2026-12-01", 1000, state="void")
    till.invoice("2026-12-01", 1000, state="draft")
    till.invoice("2026-12-01", 50, "USD")
    Till(make_organization(name="Somebody Else")).invoice("2026-12-01", 1_000_000)
    assert money_due(till.organization).open == {"EUR": 700, "USD": 50}


def test_thirty_days_are_expected_by_due_date(till: Till) -> None:
    till.invoice("2026-11-26", 1)  # overdue: nobody knows when it comes
    till.invoice("2026-11-27", 2)
    till.invoice("2026-12-03", 4)
    till.invoice("2026-12-04", 8)
    till.invoice("2026-12-27", 16)  # in thirty days
    till.invoice("2026-12-28", 32)
    due = money_due(till.organization)
    assert due.expected_soon == {"EUR": 30}
    assert [dict(due.expected(span)) for span in due.spans] == [
        {"EUR": 6},
        {"EUR": 8},
        {},
        {},
        {"EUR": 16},
    ]


def test_a_debit_under_way_counts_on_its_own_day_and_not_twice(till: Till) -> None:
    till.debit(till.invoice("2026-12-20", 1000), 1000, expected="2026-12-02")
    till.debit(till.invoice("2026-11-01", 500), 500, expected="2026-12-02")  # overdue, and now on its way
    till.debit(till.invoice("2026-12-20", 300), 100, expected="2026-12-04")  # pays a part
    due = money_due(till.organization)
    first, second, _, fourth, _ = (dict(due.expected(span)) for span in due.spans)
    assert first == {"EUR": 1500}
    assert second == {"EUR": 100}
    assert fourth == {"EUR": 200}  # 1000 + 300 due, of which 1000 and 100 come earlier
    assert due.expected_soon == {"EUR": 1800}
    assert due.open == {"EUR": 1800}  # nothing is paid before it is


def test_a_debit_for_several_invoices_counts_beside_each_of_them(till: Till) -> None:
    """What of it is on account is expected too, and pays nothing that is open."""
    first, second = till.invoice("2026-12-20", 1000), till.invoice("2026-11-01", 500)
    payment = till.debit(first, 1600, expected="2026-12-02")
    Payment.objects.filter(organization=till.organization, id=payment.id).update(invoice=None)
    for place, (invoice, minor) in enumerate(((first, 1000), (second, 500))):
        PaymentShare.objects.create(
            organization=till.organization, payment=payment, invoice=invoice, amount_minor=minor, place=place
        )
    due = money_due(till.organization)
    assert [dict(due.expected(span)).get("EUR", 0) for span in due.spans] == [1600, 0, 0, 0, 0]


def test_a_debit_that_is_late_or_says_no_day_is_expected_today_or_when_due(till: Till) -> None:
    till.debit(till.invoice("2026-11-01", 100), 100, expected="2026-11-20")
    till.debit(till.invoice("2026-12-10", 200), 200)
    till.debit(None, 400)  # paid on account
    due = money_due(till.organization)
    assert [dict(due.expected(span)).get("EUR", 0) for span in due.spans] == [500, 200, 0, 0, 0]


def test_more_than_is_open_covers_no_more_than_is_open(till: Till) -> None:
    till.debit(till.invoice("2026-12-10", 100), 150, expected="2026-12-15")
    assert money_due(till.organization).expected_soon == {"EUR": 150}


def test_nothing_owed_is_nothing(till: Till) -> None:
    due = money_due(till.organization)
    assert (due.open, due.overdue, due.expected_soon, due.currencies) == ({}, {}, {}, [])
