"""One engine for all long lists: what a list is, what an address asks of it, and the page that answers.

A package declares its lists in ``lists.py`` (:class:`ListSpec`); screen and export read them by :func:`read_query`
and :func:`read_page`. Only what an index serves is offered as a sort, and a page is found by the values of the last
row seen (keyset), so page one thousand costs what page one does.
"""

from allsquare.core.listing.columns import Column, Kind, Place, Row
from allsquare.core.listing.filters import (
    AmountFilter,
    Choice,
    ChoiceFilter,
    CodeFilter,
    CurrencyFilter,
    DayFilter,
    Filter,
    Given,
    InstantFilter,
    OtherRow,
    RowFilter,
    TextFilter,
)
from allsquare.core.listing.pages import ROWS, ListTooSlow, Page, read_page, read_places, read_rows
from allsquare.core.listing.query import ListQuery, read_query
from allsquare.core.listing.registry import list_spec, list_specs
from allsquare.core.listing.sorts import Cursor, Key, Sort
from allsquare.core.listing.spec import ListSpec

__all__ = [
    "ROWS",
    "AmountFilter",
    "Choice",
    "ChoiceFilter",
    "CodeFilter",
    "Column",
    "CurrencyFilter",
    "Cursor",
    "DayFilter",
    "Filter",
    "Given",
    "InstantFilter",
    "Key",
    "Kind",
    "ListQuery",
    "ListSpec",
    "ListTooSlow",
    "OtherRow",
    "Page",
    "Place",
    "Row",
    "RowFilter",
    "Sort",
    "TextFilter",
    "list_spec",
    "list_specs",
    "read_page",
    "read_places",
    "read_query",
    "read_rows",
]
