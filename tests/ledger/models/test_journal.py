from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.models import JournalEntry, Period
from tests.factories import make_organization
from tests.ledger.makers import DAY, account, draft, execute, line, posted, refused

pytestmark = pytest.mark.django_db

R = AccountRole
ENTRY = """INSERT INTO journal_entry (id, organization_id, date, kind, source_type, source_id, memo, posted_at)
    VALUES (%(entry)s, %(org)s, %(on)s, 'raw', 'raw', %(entry)s, '', now())"""
LINE = """INSERT INTO journal_line
        (id, organization_id, entry_id, account_id, amount_minor, currency, base_minor, date)
    VALUES (%(id)s, %(org)s, %(entry)s, %(account)s, %(amount)s, %(currency)s, %(base)s, %(on)s)"""
NOTE = "INSERT INTO fired VALUES"


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def write_entry(organization: Organization, on: date = DAY) -> UUID:
    entry_id = new_id()
    execute(ENTRY, {"entry": entry_id, "org": organization.id, "on": on})
    return entry_id


def write_line(
    organization: Organization, entry: UUID, role: AccountRole, minor: int, **more: object
) -> None:
    values: Mapping[str, object] = {
        "id": new_id(),
        "org": organization.id,
        "entry": entry,
        "account": account(organization, role),
        "amount": minor,
        "currency": "EUR",
        "base": minor,
        "on": DAY,
        **more,
    }
    execute(LINE, values)


def test_what_balances_is_taken(organization: Organization) -> None:
    entry = write_entry(organization)
    write_line(organization, entry, R.BANK, 5)
    write_line(organization, entry, R.SALES, -5)
    connection.check_constraints()
    assert JournalEntry.objects.get(organization=organization, id=entry).lines.count() == 2


def test_an_entry_without_two_lines_is_refused(organization: Organization) -> None:
    with refused("journal_entry_balanced"):
        write_entry(organization)
    with refused("journal_entry_balanced"):
        write_line(organization, write_entry(organization), R.BANK, 0)


def test_an_entry_off_by_one_in_base_currency_is_refused(organization: Organization) -> None:
    with refused("journal_entry_balanced"):
        entry = write_entry(organization)
        write_line(organization, entry, R.BANK, 5)
        write_line(organization, entry, R.SALES, -5, base=-4)


def test_an_entry_off_in_one_currency_is_refused_although_base_is_square(organization: Organization) -> None:
    with refused("journal_entry_balanced"):
        entry = write_entry(organization)
        write_line(organization, entry, R.BANK, 5, currency="USD")
        write_line(organization, entry, R.SALES, -5)


@pytest.mark.django_db(transaction=True)
def test_balance_is_asked_at_the_commit_itself() -> None:
    organization = make_organization()
    begun = transaction.atomic()
    begun.__enter__()
    write_line(organization, write_entry(organization), R.BANK, 5)
    with pytest.raises(IntegrityError, match="does not balance"):
        begun.__exit__(None, None, None)
    assert not JournalEntry.objects.filter(organization=organization).exists()


@pytest.mark.django_db(transaction=True)
def test_a_line_cannot_be_added_to_an_entry_of_another_transaction() -> None:
    organization = make_organization()
    with transaction.atomic():
        (entry,) = posted(organization, draft(organization))
    with refused("journal_line_with_entry"):
        write_line(organization, entry, R.BANK, 0)


@pytest.mark.parametrize("table", ["journal_entry", "journal_line"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET date = date + 1", "DELETE FROM {}"])
def test_nothing_is_changed_or_removed(organization: Organization, table: str, statement: str) -> None:
    posted(organization, draft(organization))
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        execute(statement.format(table))


def test_an_account_of_another_organization_is_refused(organization: Organization) -> None:
    with refused("journal_line_with_entry"):
        entry = write_entry(organization)
        write_line(organization, entry, R.BANK, 5, account=account(make_organization(), R.BANK))


def test_a_line_of_another_organization_is_refused(organization: Organization) -> None:
    other = make_organization()
    with refused("journal_line_with_entry"):
        write_line(other, write_entry(organization), R.BANK, 5)


def test_a_line_of_another_date_than_its_entry_is_refused(organization: Organization) -> None:
    with refused("journal_line_with_entry"):
        write_line(organization, write_entry(organization), R.BANK, 5, on=date(2026, 3, 15))


def test_a_line_without_account_or_entry_is_refused(organization: Organization) -> None:
    with refused("journal_line_with_entry"):
        write_line(organization, write_entry(organization), R.BANK, 5, account=new_id())
    with refused("journal_line_with_entry"):
        write_line(organization, new_id(), R.BANK, 5)


def test_an_account_stays_though_no_foreign_key_holds_it(organization: Organization) -> None:
    posted(organization, draft(organization))
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        execute("DELETE FROM account")


def test_a_line_does_not_come_before_its_entry(organization: Organization) -> None:
    """Else nobody would ask whose account it is: here, that of another organization."""
    entry = new_id()
    with refused("journal_line_with_entry"):
        write_line(organization, entry, R.BANK, 5, account=account(make_organization(), R.BANK))
        write_line(organization, entry, R.SALES, -5)
        execute(ENTRY, {"entry": entry, "org": organization.id, "on": DAY})


def test_a_closed_period_takes_no_entry_and_its_neighbours_do(organization: Organization) -> None:
    at = clock.now(None)
    Period.objects.create(
        organization=organization, starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 28), closed_at=at
    )
    Period.objects.create(organization=organization, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31))
    for day in (date(2026, 2, 1), date(2026, 2, 28)):
        with refused("journal_entry_open_period"):
            write_entry(organization, on=day)
    posted(organization, *(draft(organization, on=day) for day in (date(2026, 1, 31), date(2026, 3, 1))))
    other = make_organization()
    posted(other, draft(other, on=date(2026, 2, 1)))
    connection.check_constraints()


def test_the_same_fact_is_not_booked_twice(organization: Organization) -> None:
    source = new_id()
    posted(
        organization, draft(organization, source_id=source), draft(organization, source_id=source, kind="b")
    )
    with refused("journal_entry_once"):
        execute(
            ENTRY.replace("'raw', 'raw', %(entry)s", "'b', 'raw', %(source)s"),
            {"entry": new_id(), "org": organization.id, "on": DAY, "source": source},
        )


def test_guards_fire_once_per_entry_and_once_per_statement(organization: Organization) -> None:
    """150 lines: the balance is asked three times, lines and dates are checked in one go each.

    The guards themselves are made to note when they run. The twin, a trigger for each row, shows that it is noted.
    """
    execute("CREATE TEMPORARY TABLE fired (name text)")
    for guard in ("balanced", "with_entry", "open_period"):
        make_note(guard)
    execute(f"""CREATE FUNCTION pg_temp.per_row() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN {NOTE} ('per_row'); RETURN NULL; END $$""")
    execute("""CREATE TRIGGER per_row AFTER INSERT ON journal_line
               FOR EACH ROW EXECUTE FUNCTION pg_temp.per_row()""")
    fifty = [line(organization, R.BANK, 1) for _ in range(49)] + [line(organization, R.SALES, -49)]
    posted(organization, *(draft(organization, *fifty) for _ in range(3)))
    connection.check_constraints()
    fired = Counter(str(name) for (name,) in execute("SELECT name FROM fired"))
    assert fired == {"balanced": 3, "with_entry": 1, "open_period": 1, "per_row": 150}


def make_note(guard: str) -> None:
    [(definition,)] = execute(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE %(name)s",
        {"name": f"pgtrigger_{guard}_%"},
    )
    beginning, rest = re.split(r"\bBEGIN\b", str(definition), maxsplit=1)
    execute(f"{beginning} BEGIN {NOTE} ('{guard}'); {rest}")
