"""Addresses of the console's pages for one organization: every page there is, and every variant of every list.

Pages come from the table of addresses, lists from their registry, so what is added to either is measured too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.listing import (
    ROWS,
    AmountFilter,
    ChoiceFilter,
    CodeFilter,
    CurrencyFilter,
    Cursor,
    DayFilter,
    Filter,
    ListSpec,
    RowFilter,
    TextFilter,
    list_specs,
    read_places,
    read_query,
)
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Membership, Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.selectors import chart, journal
from allsquare.notifications.models import Mail
from allsquare.payments.models import Attention, InboxEvent, Payment
from allsquare.payments.selectors import gateway_accounts
from allsquare.payments.statement import statement_page
from allsquare.tax.selectors import list_rates
from allsquare.web.console.lists.looks import LOOKS
from allsquare.web.console.urls import urlpatterns
from bench.volume.rest import rest_of

#: Buttons and files: what they name, the organizations here have none of.
_NOT_PAGES: Final = frozenset(
    {
        "dispute_file",
        "job_again",
        "job_leave",
        "fraud_entry_remove",
        "settings_invitation_resend",
        "settings_invitation_withdraw",
    }
)
#: Which page of a long list is the far one.
FAR = 1_000


def addresses(organization: Organization) -> dict[str, str]:
    """Name → address."""
    return dict([*_pages(organization), *_more(organization), *_lists(organization)])


def _pages(organization: Organization) -> Iterator[tuple[str, str]]:
    """One of each in the table of addresses. Raises ``KeyError`` for one that names what we have none of."""
    ids = _ids(organization)
    for pattern in urlpatterns:
        if pattern.name and pattern.name not in _NOT_PAGES:
            arguments = {name: _id(pattern.name, name, ids) for name in pattern.pattern.converters}
            yield pattern.name, reverse(f"console:{pattern.name}", kwargs=arguments)


def _id(page: str, argument: str, ids: Mapping[str, Any]) -> Any:
    """What edits and issues does so to drafts."""
    if argument == "invoice_id" and page in ("invoice_edit", "invoice_issue"):
        return ids["draft_id"]
    return ids[argument]


@cache
def _ids(organization: Organization) -> Mapping[str, Any]:
    """Those with the most to show: an invoice of three lines paid in two parts, the customer who bought most, the
    account on which every invoice is."""
    invoices = Invoice.objects.filter(organization=organization)
    paid = Payment.objects.filter(organization=organization, state="succeeded", invoice__state="paid")
    twice = (
        paid.filter(created_at__gt=clock.now(organization) - timedelta(days=90))
        .values("invoice_id")
        .annotate(parts=Count("id"))
        .order_by("-parts")[0]["invoice_id"]
    )
    most = invoices.values("customer_id").annotate(number=Count("id")).order_by("-number")
    entry = journal(organization, limit=1)[0]
    found: dict[str, Any] = {
        "invoice_id": twice,
        "draft_id": invoices.filter(state="draft").order_by("-id")[0].id,
        "customer_id": most[0]["customer_id"],
        "payment_id": paid.filter(invoice_id=twice).order_by("id")[0].id,
        "entry_id": entry.id,
        "account_id": chart(organization).account(AccountRole.RECEIVABLE),
        "mail_id": Mail.objects.filter(organization=organization).order_by("-id")[0].id,
        "delivery_id": InboxEvent.objects.filter(organization=organization).order_by("-id")[0].id,
        "task_id": Attention.objects.filter(organization=organization).order_by("-id")[0].id,
    }
    line = Invoice.objects.get(organization=organization, id=twice).lines.order_by("position").first()
    if line and line.item_id:
        found["item_id"] = line.item_id
    found["gateway_id"] = gateway_accounts(organization)[0].id
    found["membership_id"] = Membership.objects.filter(organization=organization)[0].id
    found["tax_rate_id"] = list_rates(organization)[0].id
    return {**found, **rest_of(organization)}


def _more(organization: Organization) -> Iterator[tuple[str, str]]:
    """What the table of addresses does not say: searches, and books of other days."""
    ids = _ids(organization)
    today = clock.today(organization)
    account = reverse("console:account", kwargs={"account_id": ids["account_id"]})
    number = Invoice.objects.get(organization=organization, id=ids["invoice_id"]).number or ""
    search = reverse("console:search")
    yield "search: a number", f"{search}?{urlencode({'q': number})}"
    yield "search: a frequent word", f"{search}?q=gmbh"
    yield "search: nothing", f"{search}?q=zzzz"
    yield (
        "trial balance: a year ago",
        f"{reverse('console:trial_balance')}?as_of={today - timedelta(days=365)}",
    )
    yield (
        "account: a year ago",
        f"{account}?start={today - timedelta(days=400)}&end={today - timedelta(days=365)}",
    )
    yield "account: all days", f"{account}?start={today - timedelta(days=1200)}&end={today}"
    yield from _statements(organization, today - timedelta(days=1200), today)


def _statements(organization: Organization, start: date, end: date) -> Iterator[tuple[str, str]]:
    """Of the customer who bought most, from the first day on: its first page and one in the middle."""
    customer = get_customer(organization, _ids(organization)["customer_id"])
    address = reverse("console:customer_statement", kwargs={"customer_id": customer.id})
    yield "statement: all days", f"{address}?start={start}&end={end}"
    half = statement_page(organization, customer, start=start, end=end).entries // 2
    middle = statement_page(organization, customer, start=start, end=end, rows=max(half, 1)).next
    yield "statement: in the middle", f"{address}?start={start}&end={end}&after={middle}"


def _lists(organization: Organization) -> Iterator[tuple[str, str]]:
    for spec in list_specs().values():
        url = LOOKS[spec.name].url
        for words, asked in _variants(organization, spec):
            yield f"{spec.name}{words}", f"{url}?{urlencode(asked)}" if asked else url
            far = _far(organization, spec, asked)
            if far is not None:
                yield f"{spec.name}{words}, page {FAR:,}", f"{url}?{urlencode({**asked, 'after': str(far)})}"


def _variants(organization: Organization, spec: ListSpec) -> Iterator[tuple[str, dict[str, str]]]:
    """Every sort both ways, every value of every filter, and a search."""
    for sort in spec.sorts:
        for text in (sort.name, f"-{sort.name}"):
            yield f" by {text}", {"sort": text}
    today = clock.today(organization)
    for item in spec.filters:
        for words, asked in _filtered(organization, item, today):
            yield f": {item.name} {words}", asked
    if spec.search is not None:
        yield ": search for a word", {"q": "gmbh"}
        yield ": search for what is not there", {"q": "zzzz"}


def _filtered(organization: Organization, item: Filter, today: date) -> Iterator[tuple[str, dict[str, str]]]:
    match item:
        case ChoiceFilter():
            for choice in item.choices:
                yield choice.value, {item.name: choice.value}
        case DayFilter():
            first, last, _ = item.parameters
            yield (
                "within a month",
                {first: str(today - timedelta(days=60)), last: str(today - timedelta(days=30))},
            )
        case AmountFilter():
            yield "within a span", dict(zip(item.parameters, ("1000", "1001"), strict=True))
        case CodeFilter():
            yield "of no kind", {item.name: "none.such"}
        case CurrencyFilter():
            yield "USD", {item.name: "USD"}
        case RowFilter(name="customer"):
            yield "who bought most", {item.name: str(_ids(organization)["customer_id"])}
        case TextFilter():
            yield "of a word", {item.name: "gmbh"}


def _far(organization: Organization, spec: ListSpec, asked: Mapping[str, str]) -> Cursor | None:
    """The last row of the page before the far one, reached as a reader would who turned every page."""
    query = read_query(spec, organization, {name: [value] for name, value in asked.items()})
    places = read_places(organization, query, limit=ROWS * (FAR - 1) + 1)
    return places[-2] if len(places) > ROWS * (FAR - 1) else None
