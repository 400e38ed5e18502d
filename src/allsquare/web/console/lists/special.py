"""What single columns show in their own way: links to what they name, codes in words, a cell of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from allsquare.core.currencies import currency
from allsquare.core.listing import Row
from allsquare.core.money import Money
from allsquare.notifications.kinds import MailKind
from allsquare.web.console import timeline
from allsquare.web.console.shown import SUBJECTS
from allsquare.web.console.templatetags.console import entry_kind, job_name, method_name, price, unit_name
from allsquare.web.ui.formats import amount
from allsquare.web.ui.markup import address

_Where = tuple[str, str]


def _customer(row: Row) -> str:
    return address("console:customer", row.item.customer_id)


def _invoice(row: Row) -> str:
    return address("console:invoice", row.item.invoice_id) if row.item.invoice_id else ""


def _customer_behind(row: Row) -> str:
    return address("console:customer", row.item.payment.customer_id)


def _invoice_behind(row: Row) -> str:
    invoice = row.item.payment.invoice_id
    return address("console:invoice", invoice) if invoice else ""


def _payment_behind(row: Row) -> str:
    return address("console:payment", row.more) if row.more else ""


def _invoice_of_job(row: Row) -> str:
    return address("console:invoice", row.more.id) if row.more else ""


def _events_of_person(row: Row) -> str:
    """The log of what this person did."""
    if row.item.actor_kind != "person":
        return ""
    return f"{reverse('console:event_list')}?person={row.item.actor_id}"


#: The page behind a cell, empty where there is none.
LINKS: Final[dict[_Where, Callable[[Row], str]]] = {
    ("invoices", "customer"): _customer,
    ("payments", "customer"): _customer,
    ("payments", "invoice"): _invoice,
    ("refunds", "customer"): _customer_behind,
    ("refunds", "invoice"): _invoice_behind,
    ("disputes", "customer"): _customer_behind,
    ("disputes", "invoice"): _invoice_behind,
    ("inbox", "about"): _payment_behind,
    ("jobs", "about"): _invoice_of_job,
    ("events", "who"): _events_of_person,
}

#: Codes as people say them.
WORDS: Final[dict[_Where, Callable[[str], str]]] = {
    ("payments", "method"): method_name,
    ("items", "unit"): unit_name,
    ("jobs", "task"): job_name,
    ("journal", "kind"): entry_kind,
    ("members", "second_factor"): lambda code: _("set up") if code == "set_up" else _("none"),
    ("mails", "kind"): lambda code: MailKind(code).label,
    ("events", "about"): lambda code: str(SUBJECTS.get(code, code.replace("_", " "))),
}

#: Codes to choose from where the list itself knows none.
OFFERED: Final[dict[_Where, Callable[[], Sequence[tuple[str, str]]]]] = {
    ("events", "kind"): lambda: sorted((kind, kind) for kind in timeline.TELLINGS),
}


def _entry_lines(row: Row) -> SafeString:
    """Account and what went to it, a debit first as entries are written."""
    unit = currency(row.organization.base_currency)
    return format_html_join(
        "",
        '<div class="entry-line"><span class="text-secondary">{}</span> {} <span class="money">{}</span></div>',
        (
            (line.account.code, line.account.name, amount(Money(line.base_minor, unit)))
            for line in row.item.lines.all()
        ),
    )


def _what_happened(row: Row) -> SafeString:
    """The row's own link is around it."""
    words = timeline.title(row.item)
    return format_html('{} <span class="text-secondary code">{}</span>', words, row.item.kind)


#: Cells that are more than their value.
SPECIAL: Final[dict[_Where, Callable[[Row], SafeString]]] = {
    ("invoices", "number"): lambda row: format_html("{}", row.item.number or _("Draft")),
    ("items", "price"): lambda row: price(row.item.unit_price, row.item.currency),
    ("journal", "lines"): _entry_lines,
    ("events", "kind"): _what_happened,
}
