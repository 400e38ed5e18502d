"""What came in, by the day on which it did: before fees, and with what was given back beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import TruncDate

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.insights.dashboard import kept
from allsquare.insights.dashboard.spans import (
    DAY,
    Compared,
    Span,
    day_of,
    last_weeks,
    month_of,
    week_of,
)
from allsquare.payments.models import Payment, Refund
from allsquare.payments.states import PaymentState, RefundState

#: Weeks in the picture of what came in. Two months, the longest comparison, are less than that.
WEEKS: Final = 12

#: (Day, currency) → minor units.
Daily = Mapping[tuple[date, str], int]
#: Currency → minor units.
Sums = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MoneyIn:
    """Daily sums of the last weeks. A currency counts when anything came in it."""

    today: date
    came: Daily
    back: Daily

    @property
    def currencies(self) -> list[str]:
        return sorted({code for _, code in (*self.came, *self.back)})

    @property
    def compared(self) -> Sequence[tuple[str, Compared]]:
        """``day``, ``week`` and ``month``, each with what it is compared with."""
        today = self.today
        return (("day", day_of(today)), ("week", week_of(today)), ("month", month_of(today)))

    @property
    def weeks(self) -> list[Span]:
        return last_weeks(self.today, WEEKS)

    def came_in(self, span: Span) -> Sums:
        return _within(self.came, span)

    def given_back(self, span: Span) -> Sums:
        return _within(self.back, span)


def money_in(organization: Organization, *, mark: str | None = None) -> MoneyIn:
    """Two statements. ``mark`` is how far sums are kept (``kept.kept_to``); without one, what came is summed from the
    index by day alone (``payment_by_day``)."""
    today = clock.today(organization)
    start = min(month_of(today).before.start, last_weeks(today, WEEKS)[0].start)
    if mark is None:
        came = _counted(organization, start, today)
    else:
        came = kept.came(organization, mark=mark, start=start, end=today)
    zone = ZoneInfo(organization.time_zone)
    back = (
        Refund.objects.filter(
            organization=organization,
            state=RefundState.SUCCEEDED,
            settled_at__gte=datetime.combine(start, time.min, zone),
            settled_at__lt=datetime.combine(today + DAY, time.min, zone),
        )
        .values_list(TruncDate("settled_at", tzinfo=zone), "currency")
        .annotate(total=Sum("amount_minor"))
        .order_by("currency")
    )
    return MoneyIn(today=today, came=_daily(came), back=_daily(back))


def _counted(organization: Organization, start: date, end: date) -> Iterable[tuple[date | None, str, int]]:
    return (
        Payment.objects.filter(
            organization=organization,
            state=PaymentState.SUCCEEDED,
            received_on__gte=start,
            received_on__lte=end,
        )
        .values_list("received_on", "currency")
        .annotate(total=Sum("captured_minor"))
        .order_by()
    )


def _daily(rows: Iterable[tuple[date | None, str, int]]) -> Daily:
    return {(day, code): int(total) for day, code, total in rows if day is not None}


def _within(daily: Daily, span: Span) -> Sums:
    sums: Counter[str] = Counter()
    for (day, code), minor in daily.items():
        if day in span:
            sums[code] += minor
    return dict(sums)
