from __future__ import annotations

import pytest
from django.test import RequestFactory

from allsquare.web.ui.parts import NavItem, resolve_nav

pytestmark = pytest.mark.urls("tests.web.ui.urls")

ITEMS = (
    NavItem("Home", "home", "home"),
    NavItem(
        "Books", "books", "book-2", children=(NavItem("Journal", "journal"), NavItem("Periods", "no_such"))
    ),
    NavItem("Reports", "no_such_either"),
)


def marks(path: str) -> dict[str, bool]:
    found = resolve_nav(ITEMS, RequestFactory().get(path))
    return {str(each.label): each.active for item in found for each in (item, *item.children)}


def test_entries_without_a_page_are_left_out() -> None:
    assert list(marks("/")) == ["Home", "Books", "Journal"]


@pytest.mark.parametrize(
    ("path", "active"),
    [
        ("/home/", {"Home"}),
        ("/books/", {"Books"}),
        ("/books/2026/", {"Books"}),
        ("/books/journal/7/", {"Books", "Journal"}),
        ("/bookshelf/", set()),
        ("/", set()),
    ],
)
def test_the_nearest_entry_is_marked_with_its_parent(path: str, active: set[str]) -> None:
    assert {label for label, on in marks(path).items() if on} == active
