"""A booking that commits after younger ones were added to the sums. See ``ledger.services.roll_up``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from allsquare.identity.models import Organization
from allsquare.insights.proofs import PROOFS, run
from allsquare.ledger import marks
from allsquare.ledger.services import roll_up as service
from tests.concurrency.races import at_once, failures
from tests.factories import make_organization
from tests.ledger.makers import balances, draft, execute, posted
from tests.log import log_is_readable

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def commit_late(organization: Organization) -> None:
    """One booking is begun first and committed last; another, and the sums, come in between."""
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        posted(organization, draft(organization))
        pool.submit(_book_and_roll_up, organization).result(timeout=30)
    log_is_readable(table="journal_entry")
    service.roll_up(organization=organization)


def _book_and_roll_up(organization: Organization) -> None:
    try:
        with transaction.atomic():
            posted(organization, draft(organization))
        service.roll_up(organization=organization)
    finally:
        connection.close()


def holds() -> bool:
    return all(result.holds for result in run(PROOFS) if result.proof.name == "account_days")


def test_what_commits_late_is_in_every_balance() -> None:
    organization = make_organization()
    commit_late(organization)
    assert balances(organization) == {"1000": 2000, "4000": -2000}
    assert holds()


def test_counting_up_to_the_newest_transaction_would_lose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the fault is really there, and the proof finds it."""

    def newest() -> str:
        return str(execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0][0])

    monkeypatch.setattr(marks, "all_over_before", newest)
    organization = make_organization()
    commit_late(organization)
    assert balances(organization) == {"1000": 1000, "4000": -1000}
    assert not holds()


def test_many_at_once_add_each_line_once() -> None:
    organization = make_organization()

    def book_and_roll_up() -> None:
        for _number in range(5):
            with transaction.atomic():
                posted(organization, draft(organization))
            service.roll_up(organization=organization)

    assert not failures(at_once([book_and_roll_up] * 6))
    log_is_readable(table="journal_entry")
    service.roll_up(organization=organization)
    assert balances(organization) == {"1000": 30000, "4000": -30000}
    assert holds()
