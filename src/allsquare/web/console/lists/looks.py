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
from allsquare.web.console import timeline
from allsquare.web.console.lists.acts import (
    ARCHIVE_CUSTOMERS,
    ARCHIVE_ITEMS,
    ISSUE,
    LEAVE_JOBS,
    LEAVE_UNSENT,
    READ_AGAIN,
    RESOLVE,
    SEND_AGAIN,
    SEND_HELD,
    SEND_MAILS_AGAIN,
    TRY_JOBS_AGAIN,
    VOID,
    Act,
)
from allsquare.web.console.lists.more_acts import (
    ASK_PAYMENTS,
    ASK_REFUNDS,
    CLOSE_LINKS,
    OPEN_LINKS,
    RESTORE_CUSTOMERS,
)
from allsquare.web.console.shown import about_task
from allsquare.web.ui.markup import address


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
    also: tuple[tuple[Promise, str, str], ...] = ()  # label, address and icon of other buttons above
    acts: tuple[Act, ...] = ()

    @property
    def url(self) -> str:
        return reverse(self.url_name)

    def act(self, name: str) -> Act | None:
        return next((act for act in self.acts if act.name == name), None)


def _page(url_name: str) -> Callable[[Row], str]:
    return lambda row: address(url_name, row.id)


def _what_a_job_does(row: Row) -> str:
    """The page of what the job is for."""
    if "export_id" in row.item.args:
        return reverse("console:export_list")
    if "batch_id" in row.item.args:
        return address("console:batch", row.item.args["batch_id"])
    return address("console:invoice", row.more.id) if row.more else ""


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
        acts=(ISSUE, SEND_AGAIN, VOID),
    ),
    "customers": Look(
        url_name="console:customer_list",
        icon="users",
        none_yet=_("No customers yet"),
        none_yet_more=_("Enter who buys from you; then send them an invoice."),
        none_like_it=_("No customer like this"),
        show_all=_("Show all customers"),
        row_url=_page("console:customer"),
        create=Create(P.EDIT_CUSTOMERS, _("New customer"), "console:customer_new"),
        acts=(ARCHIVE_CUSTOMERS, RESTORE_CUSTOMERS),
    ),
    "credit_notes": Look(
        url_name="console:credit_note_list",
        icon="file-minus",
        none_yet=_("No credit notes yet"),
        none_yet_more=_("A part of an invoice, or all of it, is credited from the invoice's page."),
        none_like_it=_("No credit note is like this"),
        show_all=_("Show all credit notes"),
        row_url=_page("console:credit_note"),
    ),
    "payment_links": Look(
        url_name="console:payment_link_list",
        icon="qrcode",
        none_yet=_("No payment links yet"),
        none_yet_more=_("Sell something without writing an invoice first: by a link, or a code on a poster."),
        none_like_it=_("No payment link is like this"),
        show_all=_("Show all payment links"),
        row_url=_page("console:payment_link"),
        create=Create(P.EDIT_ITEMS, _("New payment link"), "console:payment_link_new"),
        acts=(CLOSE_LINKS, OPEN_LINKS),
    ),
    "items": Look(
        url_name="console:item_list",
        icon="package",
        none_yet=_("No items yet"),
        none_yet_more=_("Products and services that you sell often: one choice fills a line."),
        none_like_it=_("No item like this"),
        show_all=_("Show all items"),
        row_url=_page("console:item_edit"),
        create=Create(P.EDIT_ITEMS, _("New item"), "console:item_new"),
        acts=(ARCHIVE_ITEMS,),
    ),
    "payments": Look(
        url_name="console:payment_list",
        icon="credit-card",
        none_yet=_("No payments yet"),
        none_yet_more=_(
            "They appear when a customer pays from the link, or are recorded by hand on an invoice."
        ),
        none_like_it=_("No payment like this"),
        show_all=_("Show all payments"),
        row_url=_page("console:payment"),
        acts=(ASK_PAYMENTS,),
    ),
    "refunds": Look(
        url_name="console:refund_list",
        icon="receipt-refund",
        none_yet=_("No refunds yet"),
        none_yet_more=_("Money is given back from the page of its payment."),
        none_like_it=_("No refund like this"),
        show_all=_("Show all refunds"),
        row_url=lambda row: address("console:payment", row.item.payment_id),
        acts=(ASK_REFUNDS,),
    ),
    "disputes": Look(
        url_name="console:dispute_list",
        icon="gavel",
        none_yet=_("No disputes yet"),
        none_yet_more=_(
            "When a payer has their bank take money back, it says here until when you can answer."
        ),
        none_like_it=_("No dispute like this"),
        show_all=_("Show all disputes"),
        row_url=_page("console:dispute"),
    ),
    "inbox": Look(
        url_name="console:inbox_list",
        icon="inbox",
        subtitle=_("What payment providers told us"),
        none_yet=_("No webhooks yet"),
        none_yet_more=_("What a payment provider tells us is kept here before it is understood."),
        none_like_it=_("No webhook like this"),
        show_all=_("Show all webhooks"),
        row_url=lambda row: address("console:payment", row.more) if row.more else "",
        acts=(READ_AGAIN,),
    ),
    "tasks": Look(
        url_name="console:task_list",
        icon="flag",
        subtitle=_("What no rule can decide"),
        none_yet=_("Nothing is to be decided"),
        none_yet_more=_("A dispute, a payout that came back or money for a void invoice appears here."),
        none_like_it=_("No task like this"),
        show_all=_("Show all tasks"),
        row_url=lambda row: about_task(row.item.subject_type, row.item.subject_id, row.more),
        acts=(RESOLVE,),
    ),
    "jobs": Look(
        url_name="console:job_list",
        icon="settings-exclamation",
        subtitle=_("What Allsquare does in the background, where it went wrong"),
        none_yet=_("Nothing went wrong"),
        none_yet_more=_(
            "A PDF, an export or an act on many rows that could not be done appears here with its reason."
        ),
        none_like_it=_("No job like this"),
        show_all=_("Show all jobs"),
        row_url=_what_a_job_does,
        acts=(TRY_JOBS_AGAIN, LEAVE_JOBS),
    ),
    "journal": Look(
        url_name="console:journal",
        icon="book-2",
        none_yet=_("Nothing is booked yet"),
        none_yet_more=_("Issuing an invoice and taking a payment write the journal by themselves."),
        none_like_it=_("No entry like this"),
        show_all=_("Show the whole journal"),
        row_url=_page("console:entry"),
        create=Create(P.POST_JOURNAL, _("New entry"), "console:entry_new"),
        also=((_("Trial balance"), "console:trial_balance", "scale"),),
    ),
    "movements": Look(
        url_name="console:movement_list",
        icon="arrows-exchange",
        subtitle=_("What moved a provider's account beside payments, refunds, disputes and payouts"),
        none_yet=_("No movements yet"),
        none_yet_more=_(
            "A fee of the month, what was paid from a balance, or a top-up: recorded here, the books and the "
            "provider say the same."
        ),
        none_like_it=_("No movement like this"),
        show_all=_("Show all movements"),
        row_url=_page("console:movement"),
        create=Create(P.POST_JOURNAL, _("Record a movement"), "console:movement_new"),
        also=((_("Where is my money"), "console:money", "map-search"),),
    ),
    "mails": Look(
        url_name="console:mail_list",
        icon="mail",
        none_yet=_("No mails yet"),
        none_yet_more=_("Issuing an invoice sends the first one."),
        none_like_it=_("No mail like this"),
        show_all=_("Show all mails"),
        row_url=_page("console:mail"),
        acts=(SEND_MAILS_AGAIN,),
    ),
    "held_mails": Look(
        url_name="console:held_mails",
        icon="player-pause",
        none_yet=_("No mail is held"),
        none_yet_more=_(
            "After a restore, mails that may have been sent already wait here for you to decide."
        ),
        none_like_it=_("No held mail like this"),
        show_all=_("Show all held mails"),
        row_url=_page("console:mail"),
        subtitle=_(
            "A backup was restored, and these mails may have been sent before that. Choose those that did not arrive "
            "and send them; leave the others unsent."
        ),
        also=((_("All mails"), "console:mail_list", "mail"),),
        acts=(SEND_HELD, LEAVE_UNSENT),
    ),
    "members": Look(
        url_name="console:settings_members",
        icon="users-group",
        none_yet=_("No members yet"),
        none_yet_more=_("Invite whoever works with you."),
        none_like_it=_("No member like this"),
        show_all=_("Show all members"),
        row_url=_page("console:settings_member"),
        create=Create(P.MANAGE_PEOPLE, _("Invite somebody"), "console:settings_people"),
        also=((_("What each role may do"), "console:settings_roles", "list-check"),),
    ),
    "events": Look(
        url_name="console:event_list",
        icon="history",
        none_yet=_("Nothing has happened yet"),
        none_yet_more=_("Whatever anybody does here is written down: who, what, when and from where."),
        none_like_it=_("No event like this"),
        show_all=_("Show all events"),
        row_url=lambda row: timeline.subject_url(row.item),
    ),
}
