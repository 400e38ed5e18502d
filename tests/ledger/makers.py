"""Entries for tests of the books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.ledger.selectors import chart, trial_balance
from allsquare.ledger.services.post import post

DAY = date(2026, 3, 14)
R = AccountRole


def account(organization: Organization, role: AccountRole) -> UUID:
    return chart(organization).account(role)


def line(organization: Organization, role: AccountRole, minor: int, code: str = "EUR") -> LineDraft:
    """An amount in base currency, or one that is worth as many minor units of it."""
    return LineDraft(account(organization, role), minor, code, minor)


def draft(
    organization: Organization,
    *lines: LineDraft,
    on: date = DAY,
    kind: str = "test.booked",
    source_id: UUID | None = None,
    memo: str = "Test",
) -> EntryDraft:
    """Without lines: 10.00 from sales to the bank."""
    ten = (line(organization, R.BANK, 1000), line(organization, R.SALES, -1000))
    return EntryDraft(kind, "test", source_id or new_id(), on, lines or ten, memo)


def posted(organization: Organization, *drafts: EntryDraft) -> tuple[UUID, ...]:
    return post(organization=organization, entries=drafts, at=clock.now(organization))


def balances(organization: Organization, as_of: date = date.max) -> Mapping[str, int]:
    """Code of the account → balance in base currency, debit positive."""
    found = trial_balance(organization, as_of)
    return {row.code: row.debit_minor - row.credit_minor for row in found.rows}


def execute(statement: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[object, ...]]:
    """Past all our code."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def refused(by: str) -> Iterator[None]:
    """The database refuses what happens within, deferred checks included, by a constraint whose name holds ``by``."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():  # noqa: PT012  # the deferred checks belong to it
        yield
        connection.check_constraints()
    assert by in caught.value.__cause__.diag.constraint_name  # type: ignore[union-attr]  # psycopg's own error
