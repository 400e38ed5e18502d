from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection

from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import LineDraft
from allsquare.ledger.errors import AccountMissing, AccountUnknown, EntryUnknown
from allsquare.ledger.selectors import (
    account_statement,
    balance_in,
    chart,
    entries_of,
    get_account,
    get_entry,
    journal,
    trial_balance,
)
from tests.factories import make_organization
from tests.ledger.makers import DAY, account, draft, execute, line, posted
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db

R = AccountRole


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def day(n: int) -> date:
    return DAY + timedelta(days=n)


def booked(organization: Organization, *amounts: tuple[int, int]) -> list[UUID]:
    """(day, minor units from sales to the bank), each an entry."""
    drafts = [
        draft(organization, line(organization, R.BANK, minor), line(organization, R.SALES, -minor), on=day(n))
        for n, minor in amounts
    ]
    return list(posted(organization, *drafts))


def test_the_chart_names_what_is_missing(organization: Organization) -> None:
    found = chart(organization)
    assert get_account(organization, found.account(R.BANK)).name == "Bank"
    with pytest.raises(AccountMissing, match="Held by a payment provider"):
        found.account(R.CLEARING, "elsewhere")
    with pytest.raises(AccountUnknown):
        get_account(make_organization(), found.account(R.BANK))


def test_the_trial_balance_as_of_any_date(organization: Organization) -> None:
    booked(organization, (0, 1000), (5, 500), (5, -2000))
    booked(make_organization(), (0, 77))
    found = trial_balance(organization, day(4))
    assert [(r.code, r.name, r.kind, r.debit_minor, r.credit_minor) for r in found.rows] == [
        ("1000", "Bank", "asset", 1000, 0),
        ("4000", "Sales", "income", 0, 1000),
    ]
    later = trial_balance(organization, day(5))
    assert [(r.code, r.debit_minor, r.credit_minor) for r in later.rows] == [
        ("1000", 0, 500),
        ("4000", 500, 0),
    ]
    assert (later.debit_minor, later.credit_minor, later.differences) == (500, 500, ())
    assert trial_balance(organization, day(-1)).rows == ()


def test_accounts_in_several_currencies_are_one_row_and_each_currency_is_square(
    organization: Organization,
) -> None:
    dollars = (line(organization, R.BANK, 300, "USD"), line(organization, R.SALES, -300, "USD"))
    posted(organization, draft(organization), draft(organization, *dollars))
    found = trial_balance(organization, DAY)
    assert [(r.code, r.debit_minor, r.credit_minor) for r in found.rows] == [
        ("1000", 1300, 0),
        ("4000", 0, 1300),
    ]
    assert found.differences == ()


def test_the_balance_of_an_account_in_one_currency(organization: Organization) -> None:
    bank = account(organization, R.BANK)
    dollars = (LineDraft(bank, 500, "USD", 450), LineDraft(account(organization, R.SALES), -500, "USD", -450))
    posted(organization, draft(organization), draft(organization, *dollars))
    assert balance_in(organization, bank, "EUR") == (1000, 1000)
    assert balance_in(organization, bank, "USD") == (500, 450)
    assert balance_in(organization, bank, "JPY") == (0, 0)
    assert balance_in(make_organization(), bank, "USD") == (0, 0)


def test_broken_books_are_told_by_currency(organization: Organization) -> None:
    """What the guards would refuse, as somebody who owns the tables could write it."""
    posted(
        organization,
        draft(organization, line(organization, R.BANK, 5, "USD"), line(organization, R.SALES, -5, "USD")),
    )
    connection.check_constraints()
    execute("ALTER TABLE journal_line DISABLE TRIGGER USER")
    execute(
        "UPDATE journal_line SET amount_minor = 7 WHERE organization_id = %(org)s AND amount_minor = 5",
        {"org": organization.id},
    )
    assert trial_balance(organization, DAY).differences == (("USD", 2),)


def test_sums_beyond_a_column_are_still_exact(organization: Organization) -> None:
    huge = 2**62
    for _ in range(3):
        posted(
            organization,
            draft(organization, line(organization, R.BANK, huge), line(organization, R.SALES, -huge)),
        )
    assert trial_balance(organization, DAY).debit_minor == 3 * huge


def test_the_trial_balance_takes_as_many_statements_for_many_lines(organization: Organization) -> None:
    for bookings in (2, 200):
        booked(organization, *[(n % 300, 100 + n) for n in range(bookings)])
        with statements_sent() as sent:
            trial_balance(organization, day(200))
        assert sent.call_count == 3


def test_the_journal_is_paged_from_the_newest_date_without_a_query_per_entry(
    organization: Organization,
) -> None:
    ids = booked(organization, (0, 1), (3, 2), (1, 3), (3, 4), (2, 5))
    booked(make_organization(), (9, 9))
    newest_first = [ids[n] for n in (3, 1, 4, 2, 0)]
    assert [entry.id for entry in journal(organization)] == newest_first
    pages: list[UUID] = []
    while page := journal(organization, before=pages[-1] if pages else None, limit=2):
        pages += [entry.id for entry in page]
    assert pages == newest_first
    with statements_sent() as sent:
        shown = [
            (x.account.code, x.base_minor)
            for entry in journal(organization, limit=5)
            for x in entry.lines.all()
        ]
    assert shown[:2] == [("1000", 4), ("4000", -4)]
    assert sent.call_count == 2
    with pytest.raises(EntryUnknown):
        journal(make_organization(), before=ids[0])


def test_entries_of_a_source_come_in_the_order_of_posting(organization: Organization) -> None:
    source, other = new_id(), make_organization()
    first, second = (
        draft(organization, source_id=source),
        draft(organization, source_id=source, kind="b", on=day(-9)),
    )
    posted(organization, first)
    posted(organization, second, draft(organization))
    posted(other, draft(other, source_id=source))
    with statements_sent() as sent:
        assert [booked.entry.id for booked in entries_of(organization, [source, new_id()])] == [
            first.id,
            second.id,
        ]
    assert sent.call_count == 1
    assert entries_of(organization, []) == []
    assert get_entry(organization, first.id).source_id == source
    with pytest.raises(EntryUnknown):
        get_entry(other, first.id)


def test_a_statement_runs_from_opening_to_closing(organization: Organization) -> None:
    booked(organization, (-1, 10), (0, 1), (1, 2), (1, 3), (2, 4))
    bank = account(organization, R.BANK)
    found = account_statement(organization, bank, start=day(0), end=day(1))
    assert (found.opening_minor, found.closing_minor, found.following) == (10, 16, None)
    assert [(x.line.base_minor, x.balance_minor) for x in found.lines] == [(1, 11), (2, 13), (3, 16)]
    sales = account_statement(organization, account(organization, R.SALES), start=day(0), end=day(1))
    assert (sales.opening_minor, sales.closing_minor) == (-10, -16)
    empty = account_statement(organization, bank, start=day(5), end=day(6))
    assert (empty.opening_minor, empty.lines, empty.closing_minor) == (20, (), 20)
    with pytest.raises(AccountUnknown):
        account_statement(make_organization(), bank, start=day(0), end=day(1))


def test_a_statement_is_paged_with_the_balance_carried_forward(organization: Organization) -> None:
    booked(organization, (-3, 1000), *[(n // 3, 1) for n in range(7)], (9, 50))
    bank = account(organization, R.BANK)
    after, seen, carried = None, [], 1000
    while True:
        page = account_statement(organization, bank, start=day(0), end=day(5), after=after, limit=2)
        assert page.opening_minor == carried
        seen += [x.balance_minor for x in page.lines]
        carried, after = page.closing_minor, page.following
        if after is None:
            break
    assert seen == list(range(1001, 1008))
    assert carried == 1007
    back = []
    while page.preceding:
        page = account_statement(organization, bank, start=day(0), end=day(5), before=page.preceding, limit=2)
        back.append([x.balance_minor for x in page.lines])
    assert back == [[1005, 1006], [1003, 1004], [1001, 1002]]
    assert page.opening_minor == 1000
