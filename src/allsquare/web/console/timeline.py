"""Events of the log as sentences with a colour, an icon and the way to what they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import currency
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.core.words import shown
from allsquare.notifications.kinds import MailKind
from allsquare.payments.attention import reasons_in, sentence
from allsquare.web.console.shown import dispute_reason
from allsquare.web.ui.formats import amount
from allsquare.web.ui.parts import TimelineItem
from allsquare.web.ui.states import Tone


@dataclass(frozen=True, slots=True)
class Telling:
    """How events of one kind are told. ``text`` may hold ``%(amount)s``, ``%(number)s`` and ``%(kind)s``."""

    text: Promise
    icon: str
    tone: Tone = Tone.GREY


T = Telling
TELLINGS: Final[dict[str, Telling]] = {
    "organization.created": T(_("Organization created"), "building"),
    "organization.changed": T(_("Organization changed"), "building"),
    "organization.logo_changed": T(_("Logo changed"), "photo"),
    "organization.second_factor_required": T(_("Roles that need a second factor changed"), "shield-lock"),
    "organization.started_for_real": T(_("Started for real"), "rocket", Tone.GREEN),
    "clock.moved": T(_("Clock of the rehearsal moved forward"), "clock-play"),
    "first_steps.hidden": T(_("First steps put away"), "list-check"),
    "tax_rates.copied": T(_("Tax rates taken over from the rehearsal"), "percentage"),
    "customers.copied": T(_("Customers taken over from the rehearsal"), "users"),
    "items.copied": T(_("Items taken over from the rehearsal"), "package"),
    "member.added": T(_("Member added"), "user-plus"),
    "member.invited": T(_("%(email)s invited"), "mail-forward", Tone.BLUE),
    "member.invitation_withdrawn": T(_("Invitation of %(email)s withdrawn"), "mail-off"),
    "member.joined": T(_("%(email)s joined"), "user-plus", Tone.GREEN),
    "member.role_changed": T(_("Role of %(email)s changed"), "user-cog", Tone.AMBER),
    "member.removed": T(_("%(email)s removed"), "user-minus", Tone.AMBER),
    "person.signed_in": T(_("Signed in"), "login"),
    "person.locked_out": T(_("Sign-in locked after too many tries"), "lock-exclamation", Tone.RED),
    "person.password_changed": T(_("Password changed"), "key", Tone.AMBER),
    "person.second_factor_added": T(_("Second factor added"), "shield-plus", Tone.GREEN),
    "person.second_factor_removed": T(_("Second factor removed"), "shield-minus", Tone.AMBER),
    "person.sessions_ended": T(_("Other sessions ended"), "logout", Tone.AMBER),
    "gateway_account.added": T(_("Payment provider added"), "plug-connected"),
    "gateway_account.changed": T(_("Payment provider changed"), "plug-connected"),
    "gateway_account.switched_on": T(_("Payment provider switched on"), "plug-connected", Tone.GREEN),
    "gateway_account.switched_off": T(_("Payment provider switched off"), "plug-connected-x", Tone.AMBER),
    "gateway_account.down": T(_("%(label)s does not answer"), "plug-connected-x", Tone.RED),
    "gateway_account.back": T(_("%(label)s answers again"), "plug-connected", Tone.GREEN),
    "payment_route.added": T(_("Rule added for who takes payments"), "route"),
    "payment_route.changed": T(_("Rule changed for who takes payments"), "route"),
    "payment_route.moved": T(_("Rules for who takes payments put in another order"), "route"),
    "payment_route.removed": T(_("Rule removed for who takes payments"), "route", Tone.AMBER),
    "customer_group.added": T(_("Customer group %(name)s added"), "tags"),
    "customer_group.renamed": T(_("Customer group %(name)s renamed"), "tags"),
    "customer_group.removed": T(_("Customer group %(name)s removed"), "tags", Tone.AMBER),
    "gateway_account.checked": T(_("Connection tested"), "plug-connected"),
    "numbering.changed": T(_("Numbering changed"), "hash"),
    "tax_rate.added": T(_("Tax rate added"), "percentage"),
    "tax_rate.ended": T(_("Tax rate ended"), "percentage"),
    "customer.created": T(_("Customer entered"), "user-plus"),
    "customer.changed": T(_("Customer changed"), "pencil"),
    "customer.archived": T(_("Customer archived"), "archive"),
    "customer.restored": T(_("Customer restored"), "archive-off"),
    "contact.added": T(_("Contact added"), "user-plus"),
    "contact.changed": T(_("Contact changed"), "user-edit"),
    "contact.removed": T(_("Contact removed"), "user-minus"),
    "note.added": T(_("Note written"), "note"),
    "note.pinned": T(_("Note pinned"), "pin"),
    "note.unpinned": T(_("Note no longer pinned"), "pinned-off"),
    "statement.mailed": T(_("Statement of account sent"), "report-money", Tone.BLUE),
    "item.created": T(_("Item entered"), "package"),
    "item.changed": T(_("Item changed"), "pencil"),
    "item.archived": T(_("Item archived"), "archive"),
    "invoice.created": T(_("Draft begun"), "pencil"),
    "invoice.changed": T(_("Draft changed"), "pencil"),
    "invoice.deleted": T(_("Draft deleted"), "trash"),
    "invoice.issued": T(_("Invoice %(number)s issued"), "file-check", Tone.BLUE),
    "invoice.sent": T(_("Invoice %(number)s sent"), "send", Tone.BLUE),
    "invoice.viewed": T(_("Invoice %(number)s viewed by the payer"), "eye", Tone.BLUE),
    "invoice.partly_paid": T(_("Invoice %(number)s partly paid"), "circle-half-2", Tone.BLUE),
    "invoice.paid": T(_("Invoice %(number)s paid"), "circle-check", Tone.GREEN),
    "invoice.reopened": T(_("Invoice %(number)s open again"), "circle-dashed", Tone.AMBER),
    "invoice.voided": T(_("Invoice %(number)s voided"), "ban"),
    "invoice.written_off": T(_("%(amount)s of invoice %(number)s written off"), "file-x"),
    "invoice.write_off_reversed": T(
        _("Write-off of %(amount)s taken back: invoice %(number)s is open again"), "file-check", Tone.AMBER
    ),
    "invoice.credit_note": T(_("%(amount)s of invoice %(number)s credited"), "file-minus", Tone.VIOLET),
    "invoice.credited": T(_("Invoice %(number)s credited whole"), "file-minus", Tone.VIOLET),
    "credit_note.issued": T(_("Credit note %(number)s issued"), "file-minus", Tone.VIOLET),
    "invoice.credit_used": T(_("%(amount)s of credit used for invoice %(number)s"), "wallet", Tone.VIOLET),
    "invoice.parts_allowed": T(_("Invoice %(number)s may be paid in parts"), "chart-pie"),
    "invoice.parts_refused": T(_("Invoice %(number)s is to be paid at once"), "chart-pie"),
    "invoice.parts_as_usual": T(_("Invoice %(number)s is paid as usual"), "chart-pie"),
    "payment.started": T(_("Payment of %(amount)s started"), "player-play", Tone.BLUE),
    "payment.moved": T(_("%(left)s was not reached: %(to)s is asked"), "route", Tone.AMBER),
    "payment.needs_action": T(_("Payment of %(amount)s waits for the payer"), "user-exclamation", Tone.AMBER),
    "payment.part_arrived": T(_("%(amount)s of a transfer arrived; the rest is missing"), "clock", Tone.BLUE),
    "payment.pending": T(_("Payment of %(amount)s under way"), "clock", Tone.BLUE),
    "payment.unknown": T(_("No answer yet about %(amount)s: asking the provider"), "help-circle", Tone.AMBER),
    "payment.succeeded": T(_("Payment of %(amount)s succeeded"), "circle-check", Tone.GREEN),
    "payment.declined": T(_("Payment of %(amount)s declined"), "circle-x", Tone.RED),
    "payment.failed": T(_("Payment of %(amount)s failed"), "alert-triangle", Tone.RED),
    "payment.came_by_hand": T(_("Entered by hand: %(amount)s came"), "hand-finger", Tone.GREEN),
    "payment.not_come_by_hand": T(_("Entered by hand: %(amount)s did not come"), "hand-finger", Tone.AMBER),
    "payment.taken_back_by_hand": T(
        _("Corrected by hand: %(amount)s did not come"), "hand-finger", Tone.AMBER
    ),
    "payment.confirmed": T(_("The provider says too that %(amount)s came"), "circle-check", Tone.GREEN),
    "payment.confirmed_not_come": T(_("The provider says too that %(amount)s did not come"), "circle-x"),
    "payment.canceled": T(_("Payment of %(amount)s canceled"), "ban"),
    "autopay.agreed": T(_("Agreed to be charged when invoices are due"), "calendar-dollar", Tone.GREEN),
    "autopay.ended": T(_("Invoices are no longer charged by themselves"), "calendar-off"),
    "autopay.planned": T(_("Invoice %(number)s will be charged by itself"), "calendar-dollar"),
    "autopay.announced": T(
        _("Told that %(amount)s of invoice %(number)s will be charged"), "calendar-dollar", Tone.BLUE
    ),
    "autopay.charged": T(
        _("%(amount)s of invoice %(number)s charged by itself"), "calendar-check", Tone.GREEN
    ),
    "autopay.failed": T(_("%(amount)s of invoice %(number)s could not be charged"), "calendar-x", Tone.RED),
    "autopay.stopped": T(_("Invoice %(number)s is not charged by itself any more"), "calendar-off"),
    "autopay_plan.changed": T(_("Days of automatic payments changed"), "calendar-cog"),
    "payment_method.saved": T(_("Payment method saved: %(method)s"), "credit-card"),
    "payment_method.made_default": T(_("%(method)s comes first"), "credit-card"),
    "payment_method.removed": T(_("Saved payment method removed: %(method)s"), "credit-card-off"),
    "payment_method.forgotten": T(
        _("The provider ended a removed payment method: %(method)s"), "credit-card-off"
    ),
    "payment_method.replaced": T(_("Saved payment method changed by its bank: %(method)s"), "credit-card"),
    "payment_method.gone": T(_("Saved payment method ended: %(method)s"), "credit-card-off", Tone.AMBER),
    "payment_method.expiring": T(
        _("Told that a saved card ends soon: %(method)s"), "credit-card", Tone.AMBER
    ),
    "open_link.asked": T(_("Link to all that is open asked for"), "link"),
    "method_link.asked": T(_("Link to the saved payment methods asked for"), "link"),
    "refund.started": T(_("Refund of %(amount)s started"), "receipt-refund", Tone.VIOLET),
    "refund.unknown": T(_("No answer yet about the refund of %(amount)s"), "help-circle", Tone.AMBER),
    "refund.pending": T(_("Refund of %(amount)s under way"), "clock", Tone.BLUE),
    "refund.succeeded": T(_("Refund of %(amount)s given back"), "receipt-refund", Tone.VIOLET),
    "refund.failed": T(_("Refund of %(amount)s failed"), "alert-triangle", Tone.RED),
    "refund.went_by_hand": T(_("Entered by hand: the refund of %(amount)s went"), "hand-finger", Tone.VIOLET),
    "refund.not_gone_by_hand": T(
        _("Entered by hand: the refund of %(amount)s did not go"), "hand-finger", Tone.AMBER
    ),
    "refund.confirmed": T(
        _("The provider says the same of the refund of %(amount)s"), "circle-check", Tone.GREEN
    ),
    "dispute.won_by_hand": T(_("Entered by hand: dispute over %(amount)s won"), "hand-finger", Tone.GREEN),
    "dispute.lost_by_hand": T(_("Entered by hand: dispute over %(amount)s lost"), "hand-finger", Tone.RED),
    "dispute.opened": T(_("Dispute over %(amount)s opened"), "gavel", Tone.AMBER),
    "dispute.answered": T(_("Dispute over %(amount)s answered"), "file-text", Tone.BLUE),
    "dispute.answer_refused": T(
        _("The provider refused the answer to the dispute over %(amount)s"), "file-x", Tone.RED
    ),
    "dispute.fee": T(_("Fee of the dispute changed by %(amount)s"), "receipt", Tone.BLUE),
    "dispute.won": T(_("Dispute over %(amount)s won"), "gavel", Tone.GREEN),
    "dispute.lost": T(_("Dispute over %(amount)s lost"), "gavel", Tone.RED),
    "risk.challenged": T(
        _("The payer's bank is asked who pays %(amount)s, where that can be"), "shield-question", Tone.AMBER
    ),
    "risk.page_closed": T(
        _("The page for %(amount)s was closed: too many cards were declined"), "shield-x", Tone.AMBER
    ),
    "risk.held": T(_("Payment of %(amount)s needs a second look"), "shield-exclamation", Tone.AMBER),
    "risk.blocked": T(_("Somebody was stopped who tried to pay %(amount)s"), "shield-x", Tone.RED),
    "risk.released": T(_("Payment of %(amount)s released"), "shield-check", Tone.GREEN),
    "risk.refused": T(_("Payment of %(amount)s refused after a second look"), "shield-x", Tone.RED),
    "risk_rules.changed": T(_("Rules against fraud changed"), "shield-cog"),
    "risk_entry.ended": T(_("Taken off the list of blocked: its time is over"), "shield-off"),
    "risk_entry.added": T(_("Put on a list against fraud"), "shield-plus"),
    "risk_entry.removed": T(_("Taken off a list against fraud"), "shield-minus"),
    "payout.paid": T(_("Payout of %(amount)s on its way to the bank"), "building-bank", Tone.GREEN),
    "payout.failed": T(_("Payout of %(amount)s came back from the bank"), "alert-triangle", Tone.RED),
    "payout.found": T(_("Payout: %(amount)s that seemed to be of others is ours"), "search", Tone.BLUE),
    "payout.arrived": T(_("Payout: %(amount)s arrived at the bank"), "building-bank", Tone.GREEN),
    "payout.arrival_undone": T(
        _("Payout of %(amount)s is not at the bank after all"), "building-bank", Tone.AMBER
    ),
    "movement.recorded": T(_("Movement of %(amount)s at %(label)s recorded"), "arrows-exchange", Tone.BLUE),
    "movement.reversed": T(_("Movement of %(amount)s at %(label)s taken back"), "arrow-back-up", Tone.AMBER),
    "movements.listed": T(_("%(label)s asked what else moved its account"), "list-search"),
    "movements.left_out": T(_("Movement of %(amount)s at %(label)s left out"), "list-check"),
    "payment_link.created": T(_("Payment link made"), "qrcode"),
    "payment_link.changed": T(_("Payment link changed"), "qrcode"),
    "payment_link.closed": T(_("Payment link closed"), "lock", Tone.AMBER),
    "payment_link.opened": T(_("Payment link opened again"), "lock-open", Tone.GREEN),
    "sale.begun": T(_("Buying for %(amount)s begun"), "shopping-cart", Tone.BLUE),
    "sale.completed": T(_("Sold for %(amount)s: invoice %(number)s"), "shopping-cart-check", Tone.GREEN),
    "credit.added": T(_("Customer credit of %(amount)s"), "wallet", Tone.VIOLET),
    "credit.used": T(_("Customer credit changed by %(amount)s"), "wallet", Tone.VIOLET),
    "attention.raised": T(_("A person must look at this"), "flag", Tone.AMBER),
    "attention.resolved": T(_("Looked at and settled"), "flag-check", Tone.GREEN),
    "inbox.retried": T(_("Webhook read again"), "refresh"),
    "inquiry.started": T(_("Provider asked for a time"), "arrows-diff"),
    "inquiry.finished": T(_("What the provider knows is compared"), "circle-check", Tone.GREEN),
    "inquiry.failed": T(_("The provider could not be asked to the end"), "alert-triangle", Tone.RED),
    "inquiry.stopped": T(_("Question to the provider stopped"), "player-stop"),
    "inquiry.resumed": T(_("Question to the provider goes on"), "player-play"),
    "job.failed": T(_("Job failed to its last try"), "alert-triangle", Tone.RED),
    "job.tried_again": T(_("Job tried again"), "refresh"),
    "job.left": T(_("Job left undone"), "trash"),
    "mail.queued": T(_("Mail queued: %(kind)s"), "mail"),
    "mail.sent": T(_("Mail sent: %(kind)s"), "mail-check", Tone.GREEN),
    "mail.left_unsent": T(_("Mail left unsent: %(kind)s"), "mail-off"),
    "mail.failed": T(_("Mail not delivered: %(kind)s"), "mail-x", Tone.RED),
    "books.check_started": T(_("Check of the books begun"), "checkup-list"),
    "export.started": T(_("Export begun"), "download"),
    "export.finished": T(_("Export written"), "file-check", Tone.GREEN),
    "export.failed": T(_("Export failed"), "alert-triangle", Tone.RED),
    "export.stopped": T(_("Export stopped"), "player-pause"),
    "export.resumed": T(_("Export taken up again"), "player-play"),
    "export.fetched": T(_("File of an export fetched"), "file-download"),
    "batch.started": T(_("Act on many rows begun"), "list-check"),
    "batch.finished": T(_("Act on many rows done"), "list-check", Tone.GREEN),
    "batch.failed": T(_("Act on many rows failed"), "alert-triangle", Tone.RED),
    "batch.stopped": T(_("Act on many rows stopped"), "player-pause"),
    "batch.resumed": T(_("Act on many rows taken up again"), "player-play"),
    "view.saved": T(_("View of a list saved"), "bookmark"),
    "view.changed": T(_("View of a list changed"), "bookmark"),
    "view.deleted": T(_("View of a list deleted"), "trash"),
    "mail.tested": T(_("Test mail sent"), "mail-check"),
    "journal.posted": T(_("Journal entry posted"), "book-2"),
    "period.closed": T(_("Period closed"), "lock"),
    "period.reopened": T(_("Period opened again"), "lock-open", Tone.AMBER),
    "exchange_rate.set": T(_("Exchange rate entered"), "currency"),
}

#: What is told otherwise where the event's ``kind`` of thing is this one.
_OF_KIND: Final = {
    ("inquiry.finished", "replay"): T(
        _("The provider was asked for its news once more"), "circle-check", Tone.GREEN
    ),
}

#: Page of a subject by its type, and the name of its argument.
_PAGES: Final = {
    "batch": ("console:batch", "batch_id"),
    "invoice": ("console:invoice", "invoice_id"),
    "payment": ("console:payment", "payment_id"),
    "payout": ("console:payout", "payout_id"),
    "dispute": ("console:dispute", "dispute_id"),
    "provider_movement": ("console:movement", "movement_id"),
    "credit_note": ("console:credit_note", "credit_note_id"),
    "customer": ("console:customer", "customer_id"),
    "gateway_account": ("console:gateway", "gateway_id"),
    "item": ("console:item_edit", "item_id"),
    "payment_link": ("console:payment_link", "link_id"),
    "mail": ("console:mail", "mail_id"),
    "journal_entry": ("console:entry", "entry_id"),
}


def timeline(
    events: Iterable[Event], *, here: str = "", added: Mapping[UUID, str] | None = None
) -> list[TimelineItem]:
    """Newest first, from events in any order. ``here`` is the page that shows them: it needs no link to itself.
    ``added`` is what else is known of a subject by now; its first event tells it.

    Changes that somebody made to one thing without another event between are told once, by the last of them: a
    draft keeps itself every few seconds while it is written.
    """
    newest_first = sorted(events, key=lambda event: event.id, reverse=True)
    told = [next(same) for _, same in groupby(newest_first, key=_told_together)]
    first = {event.subject_id: event.id for event in told}
    more = {first[name]: words for name, words in (added or {}).items() if name in first}
    return [_item(event, here, more.get(event.id, "")) for event in told]


def _told_together(event: Event) -> tuple[object, ...]:
    if not event.kind.endswith(".changed"):
        return (event.id,)
    return (event.kind, event.subject_id, event.actor_id)


def _telling(event: Event) -> Telling | None:
    return _OF_KIND.get((event.kind, str(event.data.get("kind")))) or TELLINGS.get(event.kind)


def _item(event: Event, here: str, added: str) -> TimelineItem:
    telling = _telling(event)
    url = subject_url(event)
    return TimelineItem(
        at=event.at,
        title=title(event),
        text=" ".join(part for part in (_more(event), added) if part),
        who=event.actor_label,
        url="" if url == here else url,
        icon=telling.icon if telling else "point",
        tone=telling.tone if telling else Tone.GREY,
    )


def title(event: Event) -> str:
    """One sentence without its end."""
    telling = _telling(event)
    return str(telling.text) % _Facts(event) if telling else _in_words(event.kind)


class _Facts(dict[str, str]):
    """What the sentences may name. An event from before a fact was kept leaves its place empty."""

    def __init__(self, event: Event) -> None:
        super().__init__(
            amount=_amount(event),
            email=str(event.data.get("email") or ""),
            number=str(event.data.get("number") or ""),
            kind=_kind(str(event.data.get("kind") or "")),
            method=_method(event),
            label=str(event.data.get("label") or ""),
            name=str(event.data.get("name") or ""),
            left=str(event.data.get("from") or ""),
            to=str(event.data.get("to") or ""),
        )

    def __missing__(self, key: str) -> str:
        return ""


def _kind(code: str) -> str:
    """What a mail is about, in words."""
    return MailKind(code).label if code in set(MailKind) else code.replace("_", " ")


def _method(event: Event) -> str:
    """*Visa ending 4242*, of an event about a saved method."""
    brand, last_four = event.data.get("brand"), event.data.get("last_four")
    if not isinstance(last_four, str) or not last_four:
        return str(brand or "")
    name = str(brand or "").replace("_", " ").title()
    return gettext("%(brand)s ending %(last_four)s") % {"brand": name, "last_four": last_four}


def _amount(event: Event) -> str:
    minor, code = event.data.get("amount_minor"), event.data.get("currency")
    if not isinstance(minor, int) or not isinstance(code, str):
        return ""
    return amount(Money(minor, currency(code)))


def _more(event: Event) -> str:
    """Why, as far as the event says."""
    if event.kind == "attention.resolved" and event.data.get("refused"):
        return ""  # that money was to be given back: the payment's own events say what became of it
    if event.kind.startswith("attention."):
        return sentence(str(event.data.get("kind")), event.data)
    if event.kind.startswith("risk."):
        return reasons_in(event.data)
    for name in ("message", "text", "reason", "error"):
        found = event.data.get(name)
        if isinstance(found, str) and found:
            in_words = dispute_reason if event.kind.startswith("dispute.") else shown
            return in_words(found)
    return ""


def _in_words(kind: str) -> str:
    return kind.replace(".", " ").replace("_", " ").capitalize()


def subject_url(event: Event) -> str:
    """The page of what the event is about, or of the payment behind it; empty where there is none."""
    kind, subject = event.subject_type, event.subject_id
    behind = event.data.get("payment")
    if kind not in _PAGES and isinstance(behind, str):
        kind, subject = "payment", UUID(behind)
    if kind not in _PAGES or event.kind.endswith(".deleted"):
        return ""
    name, argument = _PAGES[kind]
    try:
        return reverse(name, kwargs={argument: subject})
    except NoReverseMatch:
        return ""
