"""A payment that commits after younger ones were added to the first page's sums. See ``insights.services.roll_up``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from allsquare.identity.models import Organization
from allsquare.insights.dashboard.kept import kept_to
from allsquare.insights.dashboard.money_due import money_due
from allsquare.insights.dashboard.money_in import money_in
from allsquare.insights.proofs import PROOFS, run
from allsquare.insights.services.roll_up import roll_up
from allsquare.ledger import marks
from allsquare.payments.models import GatewayAccount, Payment
from tests.concurrency.races import at_once, failures
from tests.factories import make_customer, make_organization
from tests.ledger.makers import execute
from tests.log import log_is_readable
from tests.payments.flows import started, take
from tests.payments.makers import charge, empty_script, eur, scripted_account

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def organization(settings: Settings) -> Organization:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()
    return make_organization()


def waiting(organization: Organization, number: int) -> tuple[GatewayAccount, list[Payment]]:
    customer, account = make_customer(organization), scripted_account(organization)
    return account, [started(organization, customer, account) for _number in range(number)]


def commit_late(organization: Organization) -> None:
    """One payment is settled first and committed last; another, and the sums, come in between."""
    account, (late, early) = waiting(organization, 2)

    def settle_and_roll_up() -> None:
        try:
            take(account, charge(reference=early.reference, amount=eur(10_000)))
            roll_up(organization=organization)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        take(account, charge(reference=late.reference, amount=eur(7_000)))
        pool.submit(settle_and_roll_up).result(timeout=30)
    log_is_readable(table="journal_entry")
    roll_up(organization=organization)


def shown(organization: Organization) -> tuple[int, int, int]:
    """What came in today, what is owed, and of how many invoices."""
    mark = kept_to(organization)
    assert mark is not None
    came, due = money_in(organization, mark=mark), money_due(organization, mark=mark)
    return sum(came.came.values()), due.open.get("EUR", 0), due.invoices


def holds() -> bool:
    asked = [proof for proof in PROOFS if proof.name in ("money_days", "owed_days")]
    assert len(asked) == 2
    return all(result.holds for result in run(asked))


def test_what_commits_late_is_in_the_sums(organization: Organization) -> None:
    commit_late(organization)
    assert shown(organization) == (17_000, 3_000, 1)
    assert holds()


def test_counting_up_to_the_newest_transaction_would_lose_it(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the fault is really there, and the proof finds it."""

    def newest() -> str:
        return str(execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0][0])

    monkeypatch.setattr(marks, "all_over_before", newest)
    commit_late(organization)
    assert shown(organization) == (10_000, 10_000, 1)
    assert not holds()


def test_many_at_once_count_each_payment_once(organization: Organization) -> None:
    account, payments = waiting(organization, 12)
    given = iter(payments)

    def settle_and_roll_up() -> None:
        for payment in (next(given), next(given)):
            take(account, charge(reference=payment.reference, amount=eur(10_000)))
            roll_up(organization=organization)

    assert not failures(at_once([settle_and_roll_up] * 6))
    log_is_readable(table="journal_entry")
    roll_up(organization=organization)
    assert shown(organization) == (120_000, 0, 0)
    assert holds()
