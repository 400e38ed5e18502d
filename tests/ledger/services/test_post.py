from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.errors import AccountUnknown, AlreadyPosted, PeriodClosed, Unbalanced
from allsquare.ledger.models import JournalEntry, JournalLine
from allsquare.ledger.selectors import get_entry, trial_balance
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.post import post
from tests.factories import make_organization
from tests.ledger.makers import DAY, balances, draft, line, posted
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db

R = AccountRole


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def test_entries_are_written_with_their_lines_in_the_order_given(organization: Organization) -> None:
    at = clock.now(organization)
    drafts = [draft(organization, memo=f"No. {n}") for n in range(3)]
    ids = post(organization=organization, entries=drafts, at=at)
    assert ids == tuple(d.id for d in drafts)
    found = get_entry(organization, ids[1])
    assert (found.memo, found.date, found.kind, found.source_id) == (
        "No. 1",
        DAY,
        "test.booked",
        drafts[1].source_id,
    )
    assert found.posted_at == at
    assert [
        (x.account.role, x.amount_minor, x.currency, x.base_minor, x.date) for x in found.lines.all()
    ] == [
        ("bank", 1000, "EUR", 1000, DAY),
        ("sales", -1000, "EUR", -1000, DAY),
    ]
    assert balances(organization) == {"1000": 3000, "4000": -3000}


def test_nothing_to_post_is_nothing_posted(organization: Organization) -> None:
    assert posted(organization) == ()


def test_one_entry_and_three_hundred_take_the_same_two_statements(organization: Organization) -> None:
    for number in (1, 300):
        drafts = [draft(organization) for _ in range(number)]
        with statements_sent() as sent:
            posted(organization, *drafts)
        assert sent.call_count == 2
    assert JournalEntry.objects.filter(organization=organization).count() == 301


@pytest.mark.parametrize(("bank", "sales"), [(1000, -999), (1000, 1000), (1, 0)])
def test_unbalanced_is_refused_by_name_before_the_database_is_asked(
    organization: Organization, bank: int, sales: int
) -> None:
    wrong = draft(organization, line(organization, R.BANK, bank), line(organization, R.SALES, sales))
    with (
        statements_sent() as sent,
        pytest.raises(Unbalanced, match=f"off by {bank + sales} in base currency, {bank + sales} in EUR"),
    ):
        posted(organization, wrong)
    assert sent.call_count == 0


def test_each_currency_balances_by_itself(organization: Organization) -> None:
    wrong = draft(organization, line(organization, R.BANK, 5, "USD"), line(organization, R.SALES, -5))
    with pytest.raises(Unbalanced, match="5 in USD, -5 in EUR"):
        posted(organization, wrong)


def test_one_line_is_no_entry(organization: Organization) -> None:
    with pytest.raises(Unbalanced, match="has 1 and is off by 0"):
        posted(organization, draft(organization, line(organization, R.BANK, 0)))


def test_one_bad_entry_keeps_the_good_ones_out(organization: Organization) -> None:
    bad = draft(organization, line(organization, R.BANK, 1), line(organization, R.SALES, -2))
    with pytest.raises(Unbalanced):
        posted(organization, draft(organization), bad)
    assert not JournalEntry.objects.filter(organization=organization).exists()


def test_the_same_fact_twice_is_refused_and_books_nothing(organization: Organization) -> None:
    first = draft(organization)
    posted(organization, first)
    with pytest.raises(AlreadyPosted, match="Nothing was booked again"), transaction.atomic():
        posted(organization, draft(organization), draft(organization, source_id=first.source_id))
    posted(organization, draft(organization, source_id=first.source_id, kind="test.other"))
    assert JournalEntry.objects.filter(organization=organization).count() == 2


def test_the_same_fact_may_be_booked_in_another_organization(organization: Organization) -> None:
    other, first = make_organization(), draft(organization)
    posted(organization, first)
    posted(other, draft(other, source_id=first.source_id))
    assert balances(other) == balances(organization)


def test_a_closed_period_is_named_with_its_date(organization: Organization) -> None:
    close_period(
        organization=organization, starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 31), actor=SYSTEM
    )
    with (
        pytest.raises(PeriodClosed, match="The period of Jan 31, 2026 is closed") as caught,
        transaction.atomic(),
    ):
        posted(organization, draft(organization), draft(organization, on=date(2026, 1, 31)))
    assert caught.value.details == {"date": "2026-01-31"}
    posted(organization, draft(organization, on=date(2026, 2, 1)))
    assert list(balances(organization, date(2026, 1, 31))) == []


def test_an_account_of_another_organization_is_refused(organization: Organization) -> None:
    stranger = line(make_organization(), R.BANK, 5)
    with pytest.raises(AccountUnknown), transaction.atomic():
        posted(organization, draft(organization, stranger, line(organization, R.SALES, -5)))
    assert not JournalLine.objects.filter(organization=organization).exists()


def test_a_long_memo_is_cut_not_refused(organization: Organization) -> None:
    (entry,) = posted(organization, replace(draft(organization), memo="ä" * 300))
    assert get_entry(organization, entry).memo == "ä" * 200


sums = st.lists(
    st.tuples(
        st.sampled_from(["EUR", "USD", "JPY"]),
        st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=5),
        st.integers(0, 400),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(sums=sums, asked=st.integers(0, 400))
def test_whatever_is_posted_the_trial_balance_is_zero_on_any_date(
    sums: list[tuple[str, list[int], int]], asked: int
) -> None:
    with transaction.atomic():
        organization = make_organization()
        roles = [R.BANK, R.RECEIVABLE, R.SALES, R.TAX_PAYABLE, R.GATEWAY_FEES]
        drafts = []
        for code, amounts, day in sums:
            lines = [line(organization, role, n, code) for role, n in zip(roles, amounts, strict=False)]
            lines.append(line(organization, R.EQUITY, -sum(amounts), code))
            drafts.append(draft(organization, *lines, on=date.fromordinal(DAY.toordinal() + day)))
        posted(organization, *drafts)
        connection.check_constraints()
        for on in (DAY, date.fromordinal(DAY.toordinal() + asked), date.max):
            found = trial_balance(organization, on)
            assert found.debit_minor == found.credit_minor
            assert found.differences == ()
        turnover = sum(x.base_minor for d in drafts for x in d.lines if x.base_minor > 0)
        assert trial_balance(organization, date.max).debit_minor <= turnover
        transaction.set_rollback(True)
