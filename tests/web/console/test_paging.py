"""Long pages of one customer and one account are turned back as well as forth, and no row is passed over."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.ledger.chart import AccountRole
from allsquare.ledger.selectors import chart
from allsquare.web.console import books, paging
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def walk(client: Client, address: str) -> tuple[list[list[object]], list[list[object]]]:
    """The ids on each page on the way to the last one, and on the way back."""
    forth: list[list[object]] = []
    back: list[list[object]] = []
    asked: dict[str, str] = {}
    while True:
        page = client.get(address, asked).context["page"]
        forth.append([_id(row) for row in page.rows])
        if not page.next:
            break
        asked = {"after": page.next}
    while page.previous:
        page = client.get(address, {"before": page.previous}).context["page"]
        back.append([_id(row) for row in page.rows])
    return forth, back


def _id(row: object) -> object:
    return getattr(getattr(row, "line", row), "id")  # noqa: B009  # a line of an account stands in a row of its own


@pytest.mark.parametrize("name", ["note_list", "customer_timeline", "account"])
def test_back_are_the_same_pages_as_forth(
    world: World, owner: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(paging, "ROWS", 2)
    monkeypatch.setattr(books, "_LINES", 2)
    for number in range(5):
        world.note(text=f"Note {number}")
        world.issued()
    thing = (
        chart(world.organization).account(AccountRole.RECEIVABLE) if name == "account" else world.customer.id
    )
    forth, back = walk(owner, reverse(f"console:{name}", args=[thing]))
    assert len(forth) > 2
    assert back == forth[-2::-1]
    rows = [row for page in forth for row in page]
    assert len(rows) == len(set(rows)) >= 5


@pytest.mark.parametrize("name", ["note_list", "customer_timeline"])
def test_a_damaged_place_is_an_error_in_words(world: World, owner: Client, name: str) -> None:
    answer = owner.get(reverse(f"console:{name}", args=[world.customer.id]), {"before": "x"})
    assert answer.status_code == 422
