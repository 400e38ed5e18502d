"""How every state looks: one word, one colour, one icon, so that no state is told by colour alone.

Grey is not started or closed, blue under way, amber needs somebody, green done, red failed or overdue,
violet credit. States are looked up by the kind of thing, because *sent* is half way for an invoice and the
end for a mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Tone(StrEnum):
    GREY = "grey"
    BLUE = "blue"
    AMBER = "amber"
    GREEN = "green"
    RED = "red"
    VIOLET = "violet"


@dataclass(frozen=True, slots=True)
class Look:
    """``label`` is the word on the badge, ``icon`` a Tabler icon's name."""

    label: Promise | str
    tone: Tone
    icon: str


_ASKING = Look(_("asking the provider"), Tone.BLUE, "help-circle")

INVOICE = {
    "draft": Look(_("draft"), Tone.GREY, "pencil"),
    "issued": Look(_("issued"), Tone.BLUE, "file-check"),
    "sent": Look(_("sent"), Tone.BLUE, "send"),
    "viewed": Look(_("viewed"), Tone.BLUE, "eye"),
    "partly_paid": Look(_("partly paid"), Tone.BLUE, "circle-half-2"),
    "paid": Look(_("paid"), Tone.GREEN, "circle-check"),
    "credited": Look(_("credited"), Tone.VIOLET, "file-minus"),
    "overdue": Look(_("overdue"), Tone.RED, "clock-exclamation"),
    "void": Look(_("void"), Tone.GREY, "ban"),
    "written_off": Look(_("written off"), Tone.GREY, "file-x"),
}

PAYMENT = {
    "started": Look(_("started"), Tone.GREY, "player-play"),
    "needs_action": Look(_("needs action"), Tone.AMBER, "user-exclamation"),
    "pending": Look(_("pending"), Tone.BLUE, "clock"),
    "unknown": _ASKING,
    "succeeded": Look(_("succeeded"), Tone.GREEN, "circle-check"),
    "declined": Look(_("declined"), Tone.RED, "circle-x"),
    "failed": Look(_("failed"), Tone.RED, "alert-triangle"),
    "canceled": Look(_("canceled"), Tone.GREY, "ban"),
    "partly_refunded": Look(_("partly refunded"), Tone.VIOLET, "receipt-refund"),
    "refunded": Look(_("refunded"), Tone.VIOLET, "receipt-refund"),
    "disputed": Look(_("disputed"), Tone.AMBER, "gavel"),
}

ATTEMPT = {
    **PAYMENT,
    "action_required": PAYMENT["needs_action"],
    "not_sent": Look(_("not sent"), Tone.GREY, "plug-connected-x"),
}

REFUND = {**ATTEMPT, "succeeded": Look(_("given back"), Tone.GREEN, "circle-check")}

DISPUTE = {
    "opened": Look(_("open"), Tone.AMBER, "gavel"),
    "won": Look(_("won"), Tone.GREEN, "circle-check"),
    "lost": Look(_("lost"), Tone.RED, "circle-x"),
}

MAIL = {
    "queued": Look(_("queued"), Tone.GREY, "clock"),
    "sending": Look(_("sending"), Tone.BLUE, "send"),
    "sent": Look(_("sent"), Tone.GREEN, "mail-check"),
    "failed": Look(_("failed"), Tone.RED, "mail-x"),
    "held": Look(_("held"), Tone.AMBER, "player-pause"),
    "left": Look(_("left unsent"), Tone.GREY, "mail-off"),
}

WEBHOOK = {
    "received": Look(_("received"), Tone.BLUE, "inbox"),
    "done": Look(_("done"), Tone.GREEN, "circle-check"),
    "parked": Look(_("parked"), Tone.AMBER, "player-pause"),
}

CUSTOMER = {
    "square": Look(_("all square"), Tone.GREEN, "circle-check"),
    "owes": Look(_("owes"), Tone.BLUE, "file-invoice"),
    "overdue": Look(_("overdue"), Tone.RED, "clock-exclamation"),
    "archived": Look(_("archived"), Tone.GREY, "archive"),
}

EXPORT = {
    "queued": Look(_("queued"), Tone.GREY, "clock"),
    "running": Look(_("being written"), Tone.BLUE, "loader"),
    "stopped": Look(_("stopped"), Tone.AMBER, "player-pause"),
    "failed": Look(_("failed"), Tone.RED, "alert-triangle"),
    "done": Look(_("ready"), Tone.GREEN, "circle-check"),
    "expired": Look(_("deleted"), Tone.GREY, "trash"),
}

BATCH = {
    "queued": Look(_("queued"), Tone.GREY, "clock"),
    "running": Look(pgettext_lazy("a batch", "under way"), Tone.BLUE, "loader"),
    "stopped": Look(_("stopped"), Tone.AMBER, "player-pause"),
    "failed": Look(_("failed"), Tone.RED, "alert-triangle"),
    "done": Look(_("done"), Tone.GREEN, "circle-check"),
}

BATCH_ROW = {
    "waiting": Look(_("waiting"), Tone.GREY, "clock"),
    "done": Look(_("done"), Tone.GREEN, "check"),
    "refused": Look(_("left as it was"), Tone.AMBER, "x"),
}

PERIOD = {
    "open": Look(_("open"), Tone.BLUE, "lock-open"),
    "closed": Look(_("closed"), Tone.GREY, "lock"),
}

CHECK = {
    "done": Look(_("holds"), Tone.GREEN, "circle-check"),
    "broken": Look(_("broken"), Tone.RED, "alert-triangle"),
    "failed": Look(_("not finished"), Tone.AMBER, "player-pause"),
}

JOB = {
    "trying": Look(_("trying again"), Tone.BLUE, "loader"),
    "failed": Look(_("failed"), Tone.RED, "alert-triangle"),
    "again": Look(_("trying again"), Tone.BLUE, "loader"),
    "left": Look(_("left undone"), Tone.GREY, "trash"),
}

TASK = {
    "open": Look(pgettext_lazy("a task", "open"), Tone.AMBER, "flag"),
    "done": Look(pgettext_lazy("a task", "done"), Tone.GREEN, "circle-check"),
}

EXPIRY = {
    "soon": Look(_("ends soon"), Tone.AMBER, "clock-exclamation"),
    "over": Look(pgettext_lazy("a card", "expired"), Tone.RED, "calendar-off"),
}

AUTOPAY = {
    "planned": Look(_("planned"), Tone.GREY, "calendar-dollar"),
    "started": Look(_("being charged"), Tone.BLUE, "loader"),
    "charged": Look(_("charged"), Tone.GREEN, "circle-check"),
    "failed": Look(_("failed"), Tone.RED, "alert-triangle"),
    "dropped": Look(_("not needed"), Tone.GREY, "circle-dashed"),
    "stopped": Look(_("stopped"), Tone.AMBER, "player-pause"),
}

DIFFERENCE = {
    "mended": Look(_("mended"), Tone.GREEN, "circle-check"),
    "left": Look(pgettext_lazy("a difference", "left"), Tone.AMBER, "alert-triangle"),
}

PAYOUT = {
    "paid": Look(_("sent"), Tone.BLUE, "send"),
    "arrived": Look(_("at the bank"), Tone.GREEN, "building-bank"),
    "failed": Look(_("came back"), Tone.RED, "alert-triangle"),
}

MOVEMENT = {
    "recorded": Look(_("booked"), Tone.GREEN, "circle-check"),
    "reversed": Look(_("taken back"), Tone.GREY, "arrow-back-up"),
    "reversal": Look(_("takes another back"), Tone.GREY, "arrow-back-up"),
}

KINDS: dict[str, dict[str, Look]] = {
    "invoice": INVOICE,
    "payment": PAYMENT,
    "attempt": ATTEMPT,
    "refund": REFUND,
    "dispute": DISPUTE,
    "payout": PAYOUT,
    "movement": MOVEMENT,
    "mail": MAIL,
    "task": TASK,
    "webhook": WEBHOOK,
    "customer": CUSTOMER,
    "export": EXPORT,
    "job": JOB,
    "batch": BATCH,
    "batch_row": BATCH_ROW,
    "period": PERIOD,
    "autopay": AUTOPAY,
    "check": CHECK,
    "difference": DIFFERENCE,
    "expiry": EXPIRY,
}


def look(kind: str, state: str) -> Look:
    """How ``state`` of a ``kind`` looks. A state that nobody gave a look shows its own words in grey, so that
    no page fails for a badge. Raises ``KeyError`` for an unknown kind: that is a template's typing error."""
    known = KINDS[kind].get(str(state))
    return known or Look(str(state).replace("_", " "), Tone.GREY, "circle")
