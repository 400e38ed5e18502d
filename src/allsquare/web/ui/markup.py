"""Markup put together where a page has hundreds of cells: Django's ``format_html`` asks of each part whether it is
lazy, which was a quarter of a list's time."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any, Final
from uuid import UUID

from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.safestring import SafeString

#: Stands in an address where an id will be.
_ANY: Final = UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")


def escaped(value: object) -> str:
    """``value`` as markup: what says that it is markup stays, all else is text."""
    if isinstance(value, SafeString):
        return value
    return escape(str(value))


def address(url_name: str, name: Any) -> str:
    """``reverse`` of an address with one id: asked once, then written."""
    return _pattern(url_name, get_script_prefix(), get_urlconf()).replace(str(_ANY), str(name))


@lru_cache(maxsize=64)
def _pattern(url_name: str, _prefix: str, urlconf: str | None) -> str:
    return reverse(url_name, urlconf=urlconf, args=[_ANY])
