"""Reading the books. The organization comes first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, groupby
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from allsquare.core import bulk
from allsquare.core.formatting import format_date, spoken_language
from allsquare.identity.models import Organization
from allsquare.ledger import balances
from allsquare.ledger.chart import CONTROL_ROLES, AccountRole
from allsquare.ledger.errors import (
    AccountMissing,
    AccountUnknown,
    EntryUnknown,
    PeriodClosed,
    PeriodUnknown,
    RateMissing,
)
from allsquare.ledger.models import Account, ExchangeRate, JournalEntry, JournalLine, Period


@dataclass(frozen=True, slots=True)
class Chart:
    """The accounts of an organization by what they are used for."""

    accounts: Mapping[tuple[str, str], UUID]

    def account(self, role: AccountRole, detail: str = "") -> UUID:
        """Raises :class:`AccountMissing`."""
        found = self.accounts.get((role, detail))
        if found is None:
            raise AccountMissing(
                _("The chart of accounts has no account for “%(role)s”.") % {"role": role.label}
            )
        return found


@dataclass(frozen=True, slots=True)
class ChartAsked:
    """A chart on its way: whoever has more to ask does so before reading it."""

    sent: bulk.Sent

    def read(self) -> Chart:
        return Chart({(role, detail): account_id for role, detail, account_id in self.sent.rows()})


def ask_chart(organization: Organization) -> ChartAsked:
    """One query, by ``core.bulk``: every settlement asks it."""
    return ChartAsked(
        bulk.send(
            "SELECT role, detail, id FROM account WHERE organization_id = %b AND role <> ''",
            [organization.id],
        )
    )


def chart(organization: Organization) -> Chart:
    return ask_chart(organization).read()


def rates_on(organization: Organization, currencies: Iterable[str], on: date) -> dict[str, Decimal]:
    """Units of base currency for one unit of each currency: its latest rate on or before ``on``.

    One query. Raises :class:`RateMissing` naming the first currency without a rate.
    """
    wanted = set(currencies)
    rates = {organization.base_currency: Decimal(1)} if organization.base_currency in wanted else {}
    foreign = wanted - rates.keys()
    if foreign:
        found = ExchangeRate.objects.filter(organization=organization, currency__in=foreign, valid_on__lte=on)
        rates |= dict(
            found.order_by("currency", "-valid_on").distinct("currency").values_list("currency", "rate")
        )
    for code in sorted(foreign - rates.keys()):
        raise RateMissing(
            _("There is no exchange rate for %(currency)s on %(day)s. Enter one first.")
            % {"currency": code, "day": format_date(on, spoken_language())},
            field="currency",
        )
    return rates


def rate_on(organization: Organization, currency: str, on: date) -> Decimal:
    """As :func:`rates_on`, for one currency."""
    return rates_on(organization, [currency], on)[currency]


def check_bookable(organization: Organization, currency: str, on: date) -> None:
    """May an amount in ``currency`` be booked on this date? Raises ``PeriodClosed``, ``RateMissing``."""
    ((closed,),) = bulk.run(
        """SELECT EXISTS (SELECT FROM period WHERE organization_id = %b AND starts_on <= %b AND ends_on >= %b
               AND closed_at IS NOT NULL)""",
        [organization.id, on, on],
    )
    if closed:
        raise PeriodClosed(
            _("The period of %(day)s is closed. Choose a date in an open period.")
            % {"day": format_date(on, spoken_language())}
        )
    rate_on(organization, currency, on)


def is_anything_booked(organization: Organization) -> bool:
    return JournalEntry.objects.filter(organization=organization).exists()


def list_exchange_rates(organization: Organization, *, limit: int = 500) -> list[ExchangeRate]:
    """By currency, the latest first."""
    return list(
        ExchangeRate.objects.filter(organization=organization).order_by("currency", "-valid_on")[:limit]
    )


def list_periods(organization: Organization) -> list[Period]:
    """Closed ones and those opened again, the latest first."""
    return list(Period.objects.filter(organization=organization).order_by("-starts_on"))


def get_period(organization: Organization, period_id: UUID) -> Period:
    """Raises :class:`PeriodUnknown`."""
    found = Period.objects.filter(organization=organization, id=period_id).first()
    if found is None:
        raise PeriodUnknown(_("There is no such period."))
    return found


def list_accounts(organization: Organization) -> list[Account]:
    return list(Account.objects.filter(organization=organization).order_by("code"))


def bookable_accounts(organization: Organization) -> list[Account]:
    """Those that a person may book on by hand, by their numbers."""
    return [account for account in list_accounts(organization) if account.role not in CONTROL_ROLES]


def count_entries(organization: Organization, starts_on: date, ends_on: date) -> int:
    """Entries dated in these days, both inclusive."""
    return JournalEntry.objects.filter(
        organization=organization, date__gte=starts_on, date__lte=ends_on
    ).count()


def _entries(organization: Organization) -> QuerySet[JournalEntry]:
    """Entries with lines, in the order written, and their accounts: two queries however many there are."""
    lines = JournalLine.objects.filter(organization=organization).select_related("account").order_by("id")
    return JournalEntry.objects.filter(organization=organization).prefetch_related(Prefetch("lines", lines))


@dataclass(frozen=True, slots=True)
class Booked:
    """One entry with its lines, in the order written."""

    entry: JournalEntry
    lines: Sequence[JournalLine]


def entries_of(organization: Organization, source_ids: Iterable[UUID]) -> list[Booked]:
    """What the given payments, invoices, refunds … booked, in the order of posting, with lines and accounts: one query,
    which asks for the lines, since no entry is without them."""
    lines = JournalLine.objects.filter(
        organization=organization, entry__organization=organization, entry__source_id__in=list(source_ids)
    )
    ordered = lines.select_related("entry", "account").order_by("entry_id", "id")
    grouped = [list(of_entry) for _entry, of_entry in groupby(ordered, key=lambda line: line.entry_id)]
    return [Booked(of_entry[0].entry, of_entry) for of_entry in grouped]


def journal(organization: Organization, *, before: UUID | None = None, limit: int = 50) -> list[JournalEntry]:
    """Newest booking date first, with lines and accounts. ``before`` is the last id of the page above (keyset).

    Raises :class:`EntryUnknown` when there is no entry ``before``.
    """
    found = _entries(organization)
    if before:
        on = get_entry(organization, before).date
        found = found.filter(Q(date__lt=on) | Q(id__lt=before), date__lte=on)
    return list(found.order_by("-date", "-id")[:limit])


def get_entry(organization: Organization, entry_id: UUID) -> JournalEntry:
    """With lines and accounts. Raises :class:`EntryUnknown`."""
    found = _entries(organization).filter(id=entry_id).first()
    if found is None:
        raise EntryUnknown(_("There is no such journal entry."))
    return found


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One account's balance in base currency, on its own side; the other side is zero."""

    account_id: UUID
    code: str
    name: str
    kind: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """``differences`` names every currency whose lines do not sum to zero: none, unless the books are broken."""

    as_of: date
    rows: tuple[TrialRow, ...]
    differences: tuple[tuple[str, int], ...]

    @property
    def debit_minor(self) -> int:
        return sum(row.debit_minor for row in self.rows)

    @property
    def credit_minor(self) -> int:
        return sum(row.credit_minor for row in self.rows)


def trial_balance(organization: Organization, as_of: date) -> TrialBalance:
    """The balance of every account with bookings up to and with ``as_of``: three statements."""
    totals: dict[UUID, int] = defaultdict(int)
    currencies: Counter[str] = Counter()
    for sum_ in balances.sums(organization, up_to=as_of):
        totals[sum_.account_id] += sum_.base_minor
        currencies[sum_.currency] += sum_.amount_minor
    accounts = Account.objects.filter(organization=organization, id__in=totals).order_by("code", "id")
    return TrialBalance(
        as_of=as_of,
        rows=tuple(_trial_row(account, totals[account.id]) for account in accounts),
        differences=tuple((code, currencies[code]) for code in sorted(currencies) if currencies[code]),
    )


def _trial_row(account: Account, base_minor: int) -> TrialRow:
    return TrialRow(
        account.id, account.code, account.name, account.kind, max(base_minor, 0), max(-base_minor, 0)
    )


def balance_in(organization: Organization, account_id: UUID, currency: str) -> tuple[int, int]:
    """What stands on an account in one currency: in that currency, and in base currency."""
    found = balances.sums(organization, account_id=account_id, currency=currency)
    return sum(row.amount_minor for row in found), sum(row.base_minor for row in found)


def get_account(organization: Organization, account_id: UUID) -> Account:
    """Raises :class:`AccountUnknown`."""
    found = Account.objects.filter(organization=organization, id=account_id).first()
    if found is None:
        raise AccountUnknown(_("There is no such account."))
    return found


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A booking on an account, and the account's balance after it (base currency, minor units)."""

    line: JournalLine
    balance_minor: int


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """``opening_minor`` stands before the first line shown, ``closing_minor`` after the last: with the first page's
    opening and the last page's closing the whole span is stated. ``following`` and ``preceding`` are the lines (date,
    id) after and before which there are more of the span, if there are."""

    account: Account
    opening_minor: int
    lines: tuple[StatementLine, ...]
    closing_minor: int
    following: tuple[date, UUID] | None
    preceding: tuple[date, UUID] | None


def account_statement(
    organization: Organization,
    account_id: UUID,
    *,
    start: date,
    end: date,
    after: tuple[date, UUID] | None = None,
    before: tuple[date, UUID] | None = None,
    limit: int = 100,
) -> AccountStatement:
    """Bookings from ``start`` to ``end``, both inclusive, in booking order with a running balance.

    ``after`` is (date, id) of the last line of the page above, ``before`` that of the first line of the page below.
    Raises :class:`AccountUnknown`.
    """
    account = get_account(organization, account_id)
    all_lines = JournalLine.objects.filter(organization=organization, account=account)
    if before:
        after = _page_before(all_lines, before, start, limit)
    on, last = after or (start, UUID(int=0))
    same_day = all_lines.filter(date=on, id__lte=last).aggregate(total=Sum("base_minor"))["total"]
    earlier = balances.sums(organization, up_to=on - timedelta(days=1), account_id=account.id)
    opening = sum(row.base_minor for row in earlier) + int(same_day or 0)
    page = list(
        all_lines.filter(Q(date__gt=on) | Q(id__gt=last), date__gte=on, date__lte=end)
        .select_related("entry")
        .order_by("date", "id")[: limit + 1]
    )
    shown = page[:limit]
    running = list(accumulate((line.base_minor for line in shown), initial=opening))
    return AccountStatement(
        account=account,
        opening_minor=opening,
        lines=tuple(StatementLine(line, balance) for line, balance in zip(shown, running[1:], strict=True)),
        closing_minor=running[-1],
        following=(shown[-1].date, shown[-1].id) if len(page) > limit else None,
        preceding=(shown[0].date, shown[0].id) if after and shown else None,
    )


def _page_before(
    lines: QuerySet[JournalLine], place: tuple[date, UUID], start: date, limit: int
) -> tuple[date, UUID] | None:
    """The line after which the ``limit`` lines before a place begin; ``None`` where there are no more than those."""
    on, first = place
    earlier = lines.filter(Q(date__lt=on) | Q(id__lt=first), date__gte=start, date__lte=on)
    found = list(earlier.order_by("-date", "-id").values_list("date", "id")[limit : limit + 1])
    return found[0] if found else None
