"""The groups of what needs a person, with their words, their colour and the list that has all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.insights.dashboard.needs import MANY, Group, Item, Need


@dataclass(frozen=True, slots=True)
class Look:
    """``page`` is a list's name, ``query`` what of it."""

    title: Promise
    icon: str
    tone: str
    page: str = ""
    query: str = ""


_LOOKS: Final[dict[Need, Look]] = {
    Need.TASK: Look(_("To be decided"), "flag", "tone-amber", "console:task_list"),
    Need.UNKNOWN: Look(
        _("Payments without an answer"), "help-circle", "tone-amber", "console:payment_list", "state=unknown"
    ),
    Need.PARKED: Look(_("Webhooks put aside"), "inbox", "tone-amber", "console:inbox_list", "state=parked"),
    Need.MAIL: Look(_("Mails not delivered"), "mail-x", "tone-red", "console:mail_list", "state=failed"),
    Need.HELD: Look(_("Mails held since a restore"), "player-pause", "tone-amber", "console:held_mails"),
    Need.JOB: Look(_("Jobs not done"), "alert-triangle", "tone-red", "console:job_list", "state=failed"),
    Need.OVERDUE: Look(
        _("Overdue invoices"), "clock-exclamation", "tone-red", "console:invoice_list", "state=overdue"
    ),
    Need.DRAFT: Look(_("Drafts"), "pencil", "tone-grey", "console:invoice_list", "state=draft"),
}


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """``url`` only where there is more than is shown, or several are to be decided at once."""

    title: Promise
    icon: str
    tone: str
    count: int
    at_least: bool  # there may be more
    url: str
    template: str
    items: Sequence[Item]


def shown(groups: Sequence[Group]) -> list[ShownGroup]:
    return [_shown(group, _LOOKS[group.need]) for group in groups]


def _shown(group: Group, look: Look) -> ShownGroup:
    more = look.page and (group.count > len(group.items) or group.need is Need.HELD)
    return ShownGroup(
        title=look.title,
        icon=look.icon,
        tone=f"tone-text {look.tone}",
        count=group.count,
        at_least=group.need in (Need.MAIL, Need.HELD) and group.count >= MANY,
        url=f"{reverse(look.page)}?{look.query}".removesuffix("?") if more else "",
        template=f"console/home/needs/{group.need}.html",
        items=group.items,
    )
