from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, follow, record
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger import marks
from allsquare.ledger.balances import sums
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.models import AccountDay, AccountDayMark
from allsquare.ledger.selectors import account_statement, balance_in, trial_balance
from allsquare.ledger.services import roll_up as service
from tests.factories import make_organization
from tests.ledger.makers import DAY, account, balances, draft, execute, line, posted
from tests.log import log_is_readable
from tests.statements import statements_sent

pytestmark = pytest.mark.django_db(transaction=True)

R = AccountRole


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def book(organization: Organization, minor: int, *, days: int = 0, code: str = "EUR") -> None:
    """From sales to the bank, each booking in a transaction of its own."""
    lines = line(organization, R.BANK, minor, code), line(organization, R.SALES, -minor, code)
    with transaction.atomic():
        posted(organization, draft(organization, *lines, on=DAY + timedelta(days=days)))


def roll_up(*, organization: Organization) -> None:
    log_is_readable(table="journal_entry")
    service.roll_up(organization=organization)


def summed(organization: Organization) -> list[tuple[str, int]]:
    rows = AccountDay.objects.filter(organization_id=organization.id).order_by("date", "-base_minor")
    return [(str(row.date), row.base_minor) for row in rows]


def test_lines_are_summed_by_account_currency_and_day_and_each_only_once(organization: Organization) -> None:
    book(organization, 100)
    book(organization, 20)
    book(organization, 3, days=1)
    book(organization, 7, days=1, code="USD")
    book(make_organization(), 5000)
    for _again in range(2):
        roll_up(organization=organization)
        assert summed(organization) == [
            *[("2026-03-14", 120), ("2026-03-14", -120)],
            *[("2026-03-15", 7), ("2026-03-15", 3), ("2026-03-15", -3), ("2026-03-15", -7)],
        ]
    book(organization, 1000, days=1)
    roll_up(organization=organization)
    assert ("2026-03-15", 1003) in summed(organization)


@pytest.mark.parametrize("summed_after", [0, 1, 3, 5])
def test_a_balance_is_the_same_however_many_lines_are_in_the_sums(
    organization: Organization, summed_after: int
) -> None:
    """Five bookings, one of them before others in time and one in another currency."""
    for number, (minor, days, code) in enumerate(
        [(100, 0, "EUR"), (20, 2, "EUR"), (3, 1, "USD"), (4000, 1, "EUR"), (50000, -5, "EUR")]
    ):
        if number == summed_after:
            roll_up(organization=organization)
        book(organization, minor, days=days, code=code)
    if summed_after == 5:
        roll_up(organization=organization)
    bank = account(organization, R.BANK)
    assert balances(organization) == {"1000": 54123, "4000": -54123}
    assert balances(organization, DAY + timedelta(days=1)) == {"1000": 54103, "4000": -54103}
    assert balances(organization, DAY) == {"1000": 50100, "4000": -50100}
    assert not trial_balance(organization, DAY).differences
    assert balance_in(organization, bank, "USD") == (3, 3)
    statement = account_statement(organization, bank, start=DAY, end=DAY + timedelta(days=1))
    assert (statement.opening_minor, statement.closing_minor) == (50000, 54103)


def test_lines_that_are_in_the_sums_are_not_read(organization: Organization) -> None:
    """What was rolled up is taken from the sums alone: were a line read as well, it would count twice."""
    with transaction.atomic():
        posted(organization, *[draft(organization, on=DAY + timedelta(days=n % 30)) for n in range(300)])
    roll_up(organization=organization)
    book(organization, 7)
    execute("ANALYZE journal_entry, journal_line, account_day")
    with statements_sent() as sent:
        found = {row.account_id: row.base_minor for row in sums(organization)}
    assert found[account(organization, R.BANK)] == 300_007
    _, statement, parameters = sent.call_args.args[:3]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) {statement}", parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    (entries,) = re.findall(r"on journal_entry e \(actual rows=(\d+)", plan)
    assert int(entries) == 1, plan
    assert "using journal_entry_by_xact" in plan, plan


def test_the_worker_rolls_up_when_much_is_new(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "FEW", 3)
    read = import_string(settings.ALLSQUARE_EVENT_READERS["account days"])

    def book_and_tell() -> None:
        with transaction.atomic():
            book(organization, 10)
            news = News("journal.posted", "journal_entry", new_id())
            record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(None))

    for _number in range(2):
        book_and_tell()
    log_is_readable()
    assert follow("account days", read) > 0
    assert not summed(organization)
    book_and_tell()
    log_is_readable()
    assert follow("account days", read) == 1
    assert summed(organization) == [(str(DAY), 30), (str(DAY), -30)]
    assert AccountDayMark.objects.filter(organization_id=organization.id).count() == 1


def test_nothing_booked_is_nothing_summed(organization: Organization) -> None:
    roll_up(organization=organization)
    assert balances(organization, date.max) == {}
