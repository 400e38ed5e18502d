"""What takes long is given up, and a search says the same whether its index was asked first or not."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

from allsquare.billing.lists import INVOICES
from allsquare.core.listing import list_spec, read_page, read_query, search
from allsquare.core.listing.counting import Count, count_rows
from allsquare.core.listing.haste import hastily
from allsquare.customers.models import Customer
from tests.factories import make_customer, make_organization
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def ask(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


def test_a_slow_answer_is_given_up_and_the_transaction_goes_on() -> None:
    with transaction.atomic():
        usual = ask("SHOW statement_timeout")
        assert hastily(20, lambda: ask("SELECT pg_sleep(5)")) is None
        assert hastily(2000, lambda: ask("SELECT 7")) == "7"
        assert ask("SHOW statement_timeout") == usual


def test_what_else_goes_wrong_is_not_taken_for_slowness() -> None:
    def fail() -> str:
        raise OperationalError("gone")

    with pytest.raises(OperationalError, match="gone"):
        hastily(2000, fail)


def test_a_search_finds_the_same_by_ids_and_by_walking(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(make_organization())
    for _each in range(5):
        world.issued(customer=make_customer(world.organization, name="Somebody Else"))
    mine = {world.issued().id for _each in range(4)}

    def found() -> tuple[set[UUID], Count]:
        query = read_query(INVOICES, world.organization, {"q": ["grace"]})
        page = read_page(world.organization, query)
        return {row.id for row in page.rows}, page.count

    by_ids = found()
    assert by_ids == (mine, Count(4))
    monkeypatch.setattr(search, "FEW", 0)
    assert found() == by_ids


def test_payments_by_a_provider_that_never_was_here_are_none() -> None:
    world = World(make_organization())
    world.paid(world.issued())
    spec = list_spec("payments")
    for gateway, number in (("offline", 1), ("sandbox", 0)):
        page = read_page(world.organization, read_query(spec, world.organization, {"gateway": [gateway]}))
        assert (len(page.rows), page.count) == (number, Count(number))


def test_a_condition_that_nothing_meets_counts_nothing() -> None:
    assert count_rows(Customer.objects.filter(pk__in=[])) == Count(0)
