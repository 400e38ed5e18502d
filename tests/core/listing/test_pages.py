"""A list is walked from end to end and back: every row once, in order, whatever is equal or missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy as _
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allsquare.core.errors import InvalidInput
from allsquare.core.listing import Cursor, Key, ListQuery, ListSpec, Sort, read_page, read_query
from allsquare.core.listing.counting import rounded
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from tests.factories import make_customer, make_organization

START = datetime(2026, 1, 1, tzinfo=UTC)
#: Texts that would break a cursor which does not guard its marks, and ties.
CITIES = ["", "a", "A", "a~b", "!", "~", "50%7E", "Ä ö", "x" * 100]

SPEC = ListSpec(
    name="of-a-test",
    label=_("Customers"),
    permission="view_sales",
    rows=lambda organization: Customer.objects.filter(organization=organization),
    load=lambda organization, ids: list(Customer.objects.filter(organization=organization, id__in=ids)),
    columns=(),
    sorts=(
        Sort("newest", _("Created"), ()),
        Sort("gone", _("Archived"), (Key("archived_at", datetime),), nullable=True),
        Sort("place", _("City"), (Key("country", str), Key("city", str))),
    ),
    default_sort="newest",
)

ROW = st.tuples(
    st.one_of(st.none(), st.integers(0, 3)), st.sampled_from(["DE", "FR"]), st.sampled_from(CITIES)
)


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization()


def fill(organization: Organization, rows: Sequence[tuple[int | None, str, str]]) -> list[Customer]:
    Customer.objects.filter(organization=organization).delete()
    for gone, country, city in rows:
        archived_at = None if gone is None else START + timedelta(microseconds=gone)
        make_customer(organization, archived_at=archived_at, country=country, city=city)
    return list(Customer.objects.filter(organization=organization))


def expected(rows: list[Customer], sort: str, *, descending: bool) -> list[UUID]:
    """By Python's own sorting, which compares texts as the database does: by code point."""
    if sort == "newest":
        return [row.id for row in sorted(rows, key=lambda row: row.id, reverse=descending)]
    if sort == "place":
        ordered = sorted(rows, key=lambda row: (row.country, row.city, row.id), reverse=descending)
        return [row.id for row in ordered]
    there = [row for row in rows if row.archived_at]
    missing = [row for row in rows if not row.archived_at]
    there.sort(key=lambda row: (row.archived_at or START, row.id), reverse=descending)
    missing.sort(key=lambda row: row.id, reverse=descending)
    return [row.id for row in (*there, *missing)]


def query(organization: Organization, sort: str, *, after: str = "", before: str = "") -> ListQuery:
    given = {"sort": [sort], "after": [after], "before": [before]}
    return read_query(SPEC, organization, given)


def walk(organization: Organization, sort: str, size: int) -> tuple[list[UUID], str]:
    """The ids as pages give them, and the cursor of the last page's first row."""
    seen: list[UUID] = []
    after = first = ""
    while True:
        page = read_page(organization, query(organization, sort, after=after), limit=size)
        assert bool(page.previous) is bool(after)
        seen += [row.id for row in page.rows]
        first = str(page.previous or "")
        if page.next is None:
            return seen, first
        after = str(page.next)


def walk_back(organization: Organization, sort: str, size: int, before: str) -> list[UUID]:
    """The rows before ``before``, nearest page last, as they stand in the list."""
    seen: list[UUID] = []
    while before:
        page = read_page(organization, query(organization, sort, before=before), limit=size)
        assert page.next is not None
        seen = [*(row.id for row in page.rows), *seen]
        before = str(page.previous or "")
    return seen


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROW, max_size=14),
    size=st.integers(1, 5),
    sort=st.sampled_from(["newest", "gone", "place"]),
    descending=st.booleans(),
)
def test_pages_visit_each_row_once_in_order_and_back(
    organization: Organization,
    rows: list[tuple[int | None, str, str]],
    size: int,
    sort: str,
    descending: bool,
) -> None:
    made = fill(organization, rows)
    text = f"-{sort}" if descending else sort
    wanted = expected(made, sort, descending=descending)
    seen, first = walk(organization, text, size)
    assert seen == wanted
    if first:
        last_page = (len(wanted) - 1) // size * size
        assert walk_back(organization, text, size, first) == wanted[:last_page]


def test_a_row_that_arrives_meanwhile_moves_nothing(organization: Organization) -> None:
    fill(organization, [(None, "DE", "")] * 4)
    first = read_page(organization, query(organization, "-newest"), limit=2)
    make_customer(organization)
    second = read_page(organization, query(organization, "-newest", after=str(first.next)), limit=2)
    assert not {row.id for row in first.rows} & {row.id for row in second.rows}
    assert len(second.rows) == 2


@pytest.mark.parametrize("sort", ["newest", "gone", "place"])
@pytest.mark.parametrize(
    "text",
    [
        "x",
        "~",
        "!",
        "0198f3c2-6d1e-7a41-b7a0-9c5f4e21d807~yesterday",
        "0198f3c2-6d1e-7a41-b7a0-9c5f4e21d807~2026-01-01T00:00:00",
        "0198f3c2-6d1e-7a41-b7a0-9c5f4e21d807~a~b~c",
        "1' OR 1=1",
        "~" * 3000,
    ],
)
def test_a_damaged_cursor_is_refused_in_words(organization: Organization, sort: str, text: str) -> None:
    with pytest.raises(InvalidInput, match="Go back to its beginning"):
        query(organization, sort, after=text)


def test_after_and_before_at_once_are_refused(organization: Organization) -> None:
    place = str(Cursor(UUID(int=1), ()))
    with pytest.raises(InvalidInput, match="not both"):
        query(organization, "newest", after=place, before=place)


@pytest.mark.parametrize(
    ("number", "said"), [(7, 7), (10_431, 10_000), (15_600, 16_000), (1_234_567, 1_200_000)]
)
def test_an_estimate_does_not_look_exact(number: int, said: int) -> None:
    assert rounded(number) == said


def test_a_number_is_read_as_the_column_holds_it() -> None:
    for kind, text in ((int, str(2**63)), (int, "1.5"), (datetime, "2026-01-01")):
        with pytest.raises(ValueError, match=r"column|invalid literal|zone"):
            Key("x", kind).read(text)
    value: Any = Key("x", datetime).read("2026-01-01T00:00:00+00:00")
    assert value == START
