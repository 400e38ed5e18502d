from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest
from django.db import transaction

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.errors import AlreadyPosted, EntryUnknown, PeriodClosed
from allsquare.ledger.selectors import entries_of
from allsquare.ledger.services.close_period import close_period
from allsquare.ledger.services.reverse import reverse
from tests.factories import make_organization
from tests.ledger.makers import DAY, balances, draft, line, posted

pytestmark = pytest.mark.django_db

R = AccountRole
LATER = date(2026, 4, 1)


@pytest.fixture
def organization() -> Organization:
    return make_organization()


def taken_back(
    organization: Organization, entries: Sequence[tuple[UUID, str]], on: date = LATER
) -> tuple[UUID, ...]:
    return reverse(
        organization=organization, entries=entries, kind="test.reversed", on=on, at=clock.now(organization)
    )


def test_the_opposite_is_booked_on_its_own_date_and_names_the_first(organization: Organization) -> None:
    lines = [line(organization, R.RECEIVABLE, 1190), line(organization, R.SALES, -1000)]
    first = draft(organization, *lines, line(organization, R.TAX_PAYABLE, -190))
    posted(organization, first, draft(organization))
    (entry,) = taken_back(organization, [(first.source_id, first.kind)])
    before, after = entries_of(organization, [first.source_id])
    second = after.entry
    assert (second.id, second.reverses_id) == (entry, before.entry.id)
    assert (second.kind, second.date) == ("test.reversed", LATER)
    assert [(x.account_id, x.base_minor) for x in after.lines] == [
        (x.account_id, -x.base_minor) for x in before.lines
    ]
    assert balances(organization, DAY)["1200"] == 1190
    assert balances(organization, LATER) == {"1000": 1000, "1200": 0, "2200": 0, "4000": -1000}


def test_many_are_taken_back_together(organization: Organization) -> None:
    drafts = [draft(organization) for _ in range(20)]
    posted(organization, *drafts)
    assert len(taken_back(organization, [(d.source_id, d.kind) for d in drafts])) == 20
    assert balances(organization) == {"1000": 0, "4000": 0}
    assert taken_back(organization, []) == ()


def test_what_is_not_there_or_not_ours_takes_nothing_back(organization: Organization) -> None:
    other = make_organization()
    mine, theirs = draft(organization), draft(other)
    posted(organization, mine)
    posted(other, theirs)
    for unknown in ((theirs.source_id, theirs.kind), (mine.source_id, "test.else"), (new_id(), mine.kind)):
        with pytest.raises(EntryUnknown):
            taken_back(organization, [(mine.source_id, mine.kind), unknown])
    assert balances(organization) == balances(other) == {"1000": 1000, "4000": -1000}


def test_twice_is_once(organization: Organization) -> None:
    first = draft(organization)
    posted(organization, first)
    taken_back(organization, [(first.source_id, first.kind)])
    with pytest.raises(AlreadyPosted), transaction.atomic():
        taken_back(organization, [(first.source_id, first.kind)])
    assert balances(organization) == {"1000": 0, "4000": 0}


def test_not_into_a_closed_period(organization: Organization) -> None:
    first = draft(organization)
    posted(organization, first)
    close_period(
        organization=organization, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31), actor=SYSTEM
    )
    with pytest.raises(PeriodClosed), transaction.atomic():
        taken_back(organization, [(first.source_id, first.kind)], on=DAY)
    taken_back(organization, [(first.source_id, first.kind)])
    assert balances(organization, DAY)["1000"] == 1000
