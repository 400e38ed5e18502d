"""The figures of the first page: readings of ``insights.dashboard`` put into words and rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from babel.dates import format_interval
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core.currencies import currency
from allsquare.core.formatting import locale_of
from allsquare.core.money import Money
from allsquare.insights.dashboard.money_due import Age, MoneyDue
from allsquare.insights.dashboard.money_in import MoneyIn
from allsquare.insights.dashboard.rates import Rates
from allsquare.insights.dashboard.spans import Span
from allsquare.web.console.home.amounts import Amounts, amounts, change_in_percent
from allsquare.web.ui.formats import amount, language

#: Units of the ageing bar from end to end.
BAR: Final = 10_000

_LABELS: Final[dict[str, Promise]] = {
    "day": gettext_lazy("Came in today"),
    "week": gettext_lazy("Came in this week"),
    "month": gettext_lazy("Came in this month"),
}

_AGES: Final[dict[str, Promise]] = {
    "not_due": gettext_lazy("Not due yet"),
    "1_30": gettext_lazy("1–30 days overdue"),
    "31_60": gettext_lazy("31–60 days overdue"),
    "61_90": gettext_lazy("61–90 days overdue"),
    "over_90": gettext_lazy("Over 90 days overdue"),
}


@dataclass(frozen=True, slots=True)
class Came:
    """One tile of money in. ``change`` is in percent; ``against`` says with what it is compared."""

    label: Promise
    now: Amounts
    back: Amounts
    change: int | None
    against: str

    @property
    def change_down(self) -> int:
        return -(self.change or 0)


@dataclass(frozen=True, slots=True)
class AgePart:
    """One part of the ageing bar, which is ``BAR`` wide: from ``start``, ``width`` wide."""

    name: str
    label: Promise
    amounts: Amounts
    invoices: int
    url: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table behind a picture. ``total_minor`` is in base currency and what the picture draws."""

    label: str
    amounts: Amounts
    total_minor: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart and its table: the chart is drawn from the table's figures."""

    rows: Sequence[Row]
    left_out: Sequence[str]  # currencies without a rate, which no total can hold
    summary: str
    minor_per_major: int

    @property
    def foreign(self) -> bool:
        """Is there another currency beside the base?"""
        return any(row.amounts.others for row in self.rows)


def came(money: MoneyIn, rates: Rates) -> list[Came]:
    found = []
    for name, compared in money.compared:
        now = amounts(money.came_in(compared.now), rates)
        before = amounts(money.came_in(compared.before), rates)
        found.append(
            Came(
                label=_LABELS[name],
                now=now,
                back=amounts(money.given_back(compared.now), rates),
                change=change_in_percent(now, before),
                against=_against(name, before, compared.before),
            )
        )
    return found


def _against(name: str, before: Amounts, span: Span) -> str:
    words = {
        "day": _("%(amount)s on the same day last week (%(days)s)"),
        "week": _("%(amount)s on the same days last week (%(days)s)"),
        "month": _("%(amount)s on the same days last month (%(days)s)"),
    }
    told = " + ".join(amount(Money(minor, currency(code))) for minor, code in before.parts if minor)
    zero = amount(Money(0, currency(before.first[1])))
    return words[name] % {"amount": told or zero, "days": span_words(span)}


def ageing(due: MoneyDue, rates: Rates) -> list[AgePart]:
    """As wide as its share of all that is owed; with a currency that has no rate, as its share of the invoices."""
    parts = due.aged()
    totals = [rates.total(sums) for _, sums, _ in parts]
    weights = [count for _, _, count in parts] if None in totals else [total or 0 for total in totals]
    whole = sum(weights)
    found, start = [], 0
    for (age, sums, count), weight in zip(parts, weights, strict=True):
        width = weight * BAR // whole if whole else 0
        found.append(
            AgePart(
                name=age.name,
                label=_AGES[age.name],
                amounts=amounts(sums, rates),
                invoices=count,
                url=age_url(age),
                start=start,
                width=width,
            )
        )
        start += width
    return found


def age_url(age: Age) -> str:
    """The list of just those invoices."""
    given = {"state": "open", "due_from": age.due_from, "due_to": age.due_to}
    return f"{reverse('console:invoice_list')}?{urlencode({k: v for k, v in given.items() if v})}"


def picture_in(money: MoneyIn, rates: Rates) -> Picture:
    """What came in, week by week."""
    rows = [_row(span, money.came_in(span), rates) for span in money.weeks]
    summary = _("Between %(least)s and %(most)s a week, %(last)s this week so far.")
    return _picture(summary, rows, rows[-1].total_minor, rates)


def picture_due(due: MoneyDue, rates: Rates) -> Picture:
    """What should come in, by due date and by what banks have announced."""
    rows = [_row(span, due.expected(span), rates) for span in due.spans]
    summary = _("%(last)s in the next 30 days, between %(least)s and %(most)s a week.")
    return _picture(summary, rows, sum(row.total_minor for row in rows), rates)


def _row(span: Span, sums: Mapping[str, int], rates: Rates) -> Row:
    known = {code: minor for code, minor in sums.items() if code not in rates.missing}
    return Row(span_words(span), amounts(sums, rates), rates.total(known) or 0)


def _picture(words: str, rows: Sequence[Row], last: int, rates: Rates) -> Picture:
    unit = currency(rates.base)
    totals = [row.total_minor for row in rows]
    told = {"least": min(totals), "most": max(totals), "last": last}
    summary = words % {name: amount(Money(minor, unit)) for name, minor in told.items()}
    return Picture(rows, rates.missing, summary, unit.minor_per_major)


def span_words(span: Span) -> str:
    """``Nov 16 – 22``; one day alone with its weekday."""
    tongue = locale_of(language())
    if span.start == span.end:
        return format_interval(span.start, span.end, "MMMEd", locale=tongue)
    return format_interval(span.start, span.end, "MMMd", locale=tongue)
