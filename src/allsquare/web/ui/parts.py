"""The values that pages hand to the components: navigation entries, breadcrumbs, timeline items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation. ``url_name`` is reversed without arguments; ``children`` are shown while
    one is inside the entry's part of the site. ``url`` and ``active`` are filled by :func:`resolve_nav`."""

    label: Text
    url_name: str
    icon: str = ""
    children: tuple[NavItem, ...] = ()
    url: str = ""
    active: bool = False


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One happening. ``who`` is the actor's label, ``tone`` a :class:`~allsquare.web.ui.states.Tone`."""

    at: datetime
    title: Text
    text: Text = ""
    who: str = ""
    url: str = ""
    icon: str = "point"
    tone: str = "grey"


def resolve_nav(items: Sequence[NavItem], request: HttpRequest) -> list[NavItem]:
    """``items`` whose address exists in this installation, with the current one marked.

    The most specific address that the request's path starts with wins; its parent is marked with it.
    """
    found = [entry for item in items if (entry := _with_url(item)) is not None]
    addresses = [each.url for entry in found for each in (entry, *entry.children)]
    matching = [url for url in addresses if _contains(url, request.path)]
    current = max(matching, key=len, default="")
    return [_marked(entry, current) for entry in found]


def _with_url(item: NavItem) -> NavItem | None:
    children = tuple(child for each in item.children if (child := _with_url(each)) is not None)
    try:
        url = reverse(item.url_name)
    except NoReverseMatch:
        return None
    return replace(item, url=url, children=children)


def _contains(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url if url.endswith("/") else url + "/"))


def _marked(entry: NavItem, current: str) -> NavItem:
    children = tuple(replace(child, active=child.url == current) for child in entry.children)
    inside = any(child.active for child in children)
    return replace(entry, children=children, active=bool(current) and (entry.url == current or inside))
