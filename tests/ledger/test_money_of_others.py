"""The account for what payouts bring of others, in books from before there was one."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from allsquare.ledger.models import Account
from tests import factories

ADD = import_module("allsquare.ledger.migrations.0010_money_of_others").ADD


@pytest.mark.parametrize(("language", "name"), [("en", "Money of others"), ("de", "Fremdgelder")])
def test_books_that_were_opened_before_get_it_once_at_a_free_number(
    db: None, language: str, name: str
) -> None:
    organization = factories.make_organization()
    organization.language = language
    organization.save()
    mine = Account.objects.filter(organization=organization)
    assert mine.filter(role="money_of_others").update(role="", name="Mine") == 1
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(ADD)
    (added,) = mine.filter(role="money_of_others")
    assert (added.code, added.name, added.kind) == ("2151", name, "liability")
