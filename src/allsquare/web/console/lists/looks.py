"""What a list needs to be a page: addresses, words for when it is empty, what may be done with chosen rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.core.listing import Row
from allsquare.identity.permissions import Permission as P
from allsquare.web.console.lists.acts import (
    ISSUE,
    SEND_AGAIN,
    Act,
)


@dataclass(frozen=True, slots=True)
class Create:
    """The one filled button above a list, and in it while it is empty."""

    permission: P
    label: Promise
    url_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """``row_url`` leads to the page of a row, empty where there is none."""

    url_name: str
    icon: str
    none_yet: Promise
    none_yet_more: Promise
    none_like_it: Promise
    show_all: Promise
    row_url: Callable[[Row], str]
    subtitle: Promise | str = ""
    create: Create | None = None
    acts: tuple[Act, ...] = ()

    @property
    def url(self) -> str:
        return reverse(self.url_name)

    def act(self, name: str) -> Act | None:
        return next((act for act in self.acts if act.name == name), None)


def _page(url_name: str) -> Callable[[Row], str]:
    return lambda row: reverse(url_name, args=[row.id])


LOOKS: Final[dict[str, Look]] = {
    "invoices": Look(
        url_name="console:invoice_list",
        icon="file-invoice",
        none_yet=_("No invoices yet"),
        none_yet_more=_("Send the first one and watch it being paid."),
        none_like_it=_("No invoice like this"),
        show_all=_("Show all invoices"),
        row_url=_page("console:invoice"),
        create=Create(P.EDIT_INVOICES, _("New invoice"), "console:invoice_new"),
        acts=(ISSUE, SEND_AGAIN),
    ),
}
