"""Every keyboard shortcut, once: the list that people read, and the one that ``app.js`` follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Shortcut:
    """``keys`` are pressed one after the other. ``page`` is where they lead, ``act`` what app.js does or tells the
    page's own script of. Those with neither mean something only where the focus is, and are heard there."""

    keys: str
    label: Promise
    page: str = ""
    act: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: Promise
    shortcuts: tuple[Shortcut, ...]


_SECTIONS: Final = (
    Section(
        _("Everywhere"),
        (
            Shortcut("/", _("Search"), act="search"),
            Shortcut("Ctrl+K", _("Search")),
            Shortcut("c", _("Create"), act="create"),
            Shortcut("?", _("Help for this page"), act="help"),
            Shortcut("Escape", _("Close what is open")),
        ),
    ),
    Section(
        _("Go to"),
        (
            Shortcut("g h", _("Home"), page="console:home"),
            Shortcut("g i", _("Invoices"), page="console:invoice_list"),
            Shortcut("g c", _("Customers"), page="console:customer_list"),
            Shortcut("g t", _("Items"), page="console:item_list"),
            Shortcut("g p", _("Payments"), page="console:payment_list"),
            Shortcut("g b", _("Books"), page="console:books"),
            Shortcut("g m", _("Mails"), page="console:mail_list"),
            Shortcut("g e", _("Events"), page="console:event_list"),
            Shortcut("g s", _("Settings"), page="console:settings"),
            Shortcut("g k", _("Keyboard shortcuts"), page="console:shortcut_list"),
        ),
    ),
    Section(
        _("In lists"),
        (
            Shortcut("j", _("Next row"), act="row:next"),
            Shortcut("↓", _("Next row")),
            Shortcut("k", _("Row before"), act="row:before"),
            Shortcut("↑", _("Row before")),
            Shortcut("x", _("Choose the row"), act="row:choose"),
            Shortcut("Enter", _("Open the row")),
        ),
    ),
    # Heard by editor_rows.js, where the focus is.
    Section(
        _("In the invoice editor"),
        (
            Shortcut("Enter", _("Next line, and a new one after the last")),
            Shortcut("Ctrl+Enter", _("Next line, out of a description too")),
            Shortcut("Alt+↑", _("Move the line up")),
            Shortcut("Alt+↓", _("Move the line down")),
        ),
    ),
)


def sections() -> tuple[Section, ...]:
    return _SECTIONS


def heard() -> list[dict[str, str]]:
    """What ``app.js`` listens for: keys, and an address or an act."""
    found = []
    for section in _SECTIONS:
        for each in section.shortcuts:
            url = _url(each.page)
            if url or each.act:
                found.append({"keys": each.keys, "url": url, "act": each.act})
    return found


def _url(page: str) -> str:
    try:
        return reverse(page) if page else ""
    except NoReverseMatch:
        return ""
