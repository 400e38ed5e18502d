"""What is owed, how long it has been due, and what of it should come soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest, Least

from allsquare.billing.models import Invoice
from allsquare.billing.states import OPEN_STATES
from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.insights.dashboard import kept
from allsquare.insights.dashboard.spans import Span, next_days
from allsquare.payments.models import Payment, PaymentShare
from allsquare.payments.states import PaymentState

#: How far ahead is looked.
AHEAD: Final = 30
#: The nearest days before and after today that are told apart from no other beyond them.
_LONG_PAST: Final = timedelta(days=91)
_LATER: Final = timedelta(days=AHEAD + 1)


@dataclass(frozen=True, slots=True)
class Age:
    """One part of the ageing: invoices due between these days, both inclusive; ``None`` is without an end."""

    name: str
    due_from: date | None
    due_to: date | None

    def holds(self, due_on: date) -> bool:
        after = self.due_from is None or self.due_from <= due_on
        return after and (self.due_to is None or due_on <= self.due_to)


def ages(today: date) -> tuple[Age, ...]:
    """Not due (today included), then by days since the due date, as everybody counts them."""

    def past(days: int) -> date:
        return today - timedelta(days=days)

    return (
        Age("not_due", today, None),
        Age("1_30", past(30), past(1)),
        Age("31_60", past(60), past(31)),
        Age("61_90", past(90), past(61)),
        Age("over_90", None, past(91)),
    )


@dataclass(frozen=True, slots=True)
class Owed:
    """Open invoices of one due date and currency; all that are long past count as of one day, and all much later."""

    due_on: date
    currency: str
    invoices: int
    minor: int


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Bank debits on their way: expected on a day, of invoices due on a day, of whose open sum they cover so much."""

    expected_on: date | None
    due_on: date | None
    currency: str
    minor: int
    covered_minor: int


@dataclass(frozen=True, slots=True)
class MoneyDue:
    """Owed and under way, as the database sums them; the rest is adding up."""

    today: date
    owed: Sequence[Owed]
    under_way: Sequence[UnderWay]

    @property
    def currencies(self) -> list[str]:
        return sorted({row.currency for row in self.owed} | {row.currency for row in self.under_way})

    @property
    def open(self) -> Mapping[str, int]:
        return _sums((row.currency, row.minor) for row in self.owed)

    @property
    def overdue(self) -> Mapping[str, int]:
        return _sums((row.currency, row.minor) for row in self.owed if row.due_on < self.today)

    @property
    def invoices(self) -> int:
        return sum(row.invoices for row in self.owed)

    @property
    def overdue_invoices(self) -> int:
        return sum(row.invoices for row in self.owed if row.due_on < self.today)

    def aged(self) -> list[tuple[Age, Mapping[str, int], int]]:
        """Each age with its sums by currency and the number of its invoices."""
        return [
            (
                age,
                _sums((row.currency, row.minor) for row in self.owed if age.holds(row.due_on)),
                sum(row.invoices for row in self.owed if age.holds(row.due_on)),
            )
            for age in ages(self.today)
        ]

    @property
    def spans(self) -> list[Span]:
        return next_days(self.today, AHEAD)

    @property
    def expected_soon(self) -> Mapping[str, int]:
        """In all the days that are looked ahead."""
        return self.expected(Span(self.today, self.today + timedelta(days=AHEAD)))

    def expected(self, span: Span) -> Mapping[str, int]:
        """By due date, and what a debit covers by the day on which that is expected instead: nothing counts twice.

        A debit that should have come, or says no day, is expected today, or when its invoice is due. What is overdue
        and not being paid is expected by nobody.
        """
        due = [(row.currency, row.minor) for row in self.owed if row.due_on in span]
        covered = [(row.currency, -row.covered_minor) for row in self.under_way if _due(row) in span]
        debits = [(row.currency, row.minor) for row in self.under_way if self._comes_on(row) in span]
        return _sums([*due, *covered, *debits])

    def _comes_on(self, row: UnderWay) -> date:
        return max(row.expected_on or row.due_on or self.today, self.today)


def money_due(organization: Organization, *, mark: str | None = None) -> MoneyDue:
    """Two statements: what is owed, and what payments are awaited. ``mark`` is how far sums are kept
    (``kept.kept_to``); without one, the index of open invoices alone is read (``invoice_owing``)."""
    today = clock.today(organization)
    # Days beyond those that any figure tells apart count as one: years of them would be thousands of rows.
    earliest, latest = today - _LONG_PAST, today + _LATER
    if mark is None:
        owed = _counted(organization, earliest, latest)
    else:
        owed = kept.owed(organization, mark=mark, earliest=earliest, latest=latest)
    return MoneyDue(
        today=today,
        owed=[Owed(due_on, code, int(count), int(minor)) for due_on, code, count, minor in owed if due_on],
        under_way=_under_way(organization),
    )


def _counted(
    organization: Organization, earliest: date, latest: date
) -> Iterable[tuple[date | None, str, int, int]]:
    return (
        Invoice.objects.filter(organization=organization, state__in=OPEN_STATES, due_on__isnull=False)
        .values_list(Least(Greatest("due_on", Value(earliest)), Value(latest)), "currency")
        .annotate(invoices=Count("*"), minor=Sum(F("total_minor") - F("paid_minor") - F("credited_minor")))
        .order_by()
    )


def _under_way(organization: Organization) -> list[UnderWay]:
    """Payments for one invoice or none, and the shares of those for several, each beside its invoice."""
    pending = Payment.objects.filter(
        organization=organization, state=PaymentState.PENDING, next_check_at__isnull=False
    )
    shares = PaymentShare.objects.filter(organization=organization, payment_id=OuterRef("id"))
    shared = shares.order_by().values("payment_id").annotate(total=Sum("amount_minor")).values("total")
    alone = (
        pending.annotate(own=F("amount_minor") - Coalesce(Subquery(shared), 0))
        .filter(own__gt=0)
        .values_list("expected_on", "invoice__due_on", "currency")
        .annotate(minor=Sum("own"), covered=Sum(Least("own", _STILL_OPEN), filter=_open_invoice()))
        .order_by()
    )
    several = (
        PaymentShare.objects.filter(organization=organization, payment__in=pending.values("id"))
        .values_list("payment__expected_on", "invoice__due_on", "payment__currency")
        .annotate(
            minor=Sum("amount_minor"),
            covered=Sum(Least("amount_minor", _STILL_OPEN), filter=_open_invoice()),
        )
        .order_by()
    )
    return [
        UnderWay(expected_on, due_on, code, int(minor), int(covered or 0))
        for expected_on, due_on, code, minor, covered in [*alone, *several]
    ]


_STILL_OPEN: Final = F("invoice__total_minor") - F("invoice__paid_minor") - F("invoice__credited_minor")


def _open_invoice() -> Q:
    return Q(invoice__state__in=OPEN_STATES)


def _due(row: UnderWay) -> date:
    return row.due_on or date.min


def _sums(rows: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for code, minor in rows:
        sums[code] += minor
    return dict(sums)
