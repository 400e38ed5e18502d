"""Where every unit of money that payments brought is now: with whom, and on its way to what.

Two ways lead there. The facts (payments, refunds, disputes, payouts, movements at providers) say what came in and what
became of it; the ledger says what stands on the accounts. Both are read here, and what they leave to be explained is
zero, or a mistake: the proofs of ``allsquare verify`` ask the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from allsquare.core.moments import one_moment
from allsquare.identity.models import Organization
from allsquare.insights.dashboard.kept import taken
from allsquare.ledger.balances import sums
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.selectors import list_accounts
from allsquare.payments.models import GatewayAccount, Payment, Payout
from allsquare.payments.registry import ASKS_NOBODY, adapters_with
from allsquare.payments.states import PaymentState, PayoutState
from allsquare.payments.strangers import strange_sums

#: What became of the money that came, by gateway account and currency. It is with whoever took it until it is paid out.
_BECAME: Final = """
    SELECT account, currency, sum(fees), sum(refunded), sum(disputed), sum(lost), sum(converted), sum(paid_out),
        sum(moved) FROM (
        SELECT p.gateway_account_id AS account, r.currency, -r.fee_returned_minor AS fees,
            CASE r.state WHEN 'succeeded' THEN r.amount_minor ELSE 0 END AS refunded, 0 AS disputed, 0 AS lost,
            0 AS converted, 0 AS paid_out, 0 AS moved
        FROM refund r JOIN payment p ON p.id = r.payment_id AND p.organization_id = r.organization_id
        WHERE r.organization_id = %(org)s AND r.settled_at IS NOT NULL
        UNION ALL
        SELECT p.gateway_account_id, d.currency, d.fee_minor, 0,
            CASE d.state WHEN 'opened' THEN d.amount_minor ELSE 0 END,
            CASE d.state WHEN 'lost' THEN d.amount_minor ELSE 0 END, 0, 0, 0
        FROM dispute d JOIN payment p ON p.id = d.payment_id AND p.organization_id = d.organization_id
        WHERE d.organization_id = %(org)s
        UNION ALL
        SELECT gateway_account_id, currency, 0, 0, 0, 0, amount_minor, 0, 0
        FROM conversion WHERE organization_id = %(org)s AND source_type <> 'payout'
        UNION ALL
        SELECT gateway_account_id, into_currency, 0, 0, 0, 0, -into_minor, 0, 0
        FROM conversion WHERE organization_id = %(org)s AND source_type <> 'payout'
        UNION ALL
        SELECT gateway_account_id, currency, fee_minor - others_fee_minor, 0, 0, 0, 0, net_minor - others_minor, 0
        FROM payout WHERE organization_id = %(org)s AND state = 'paid'
        UNION ALL
        SELECT gateway_account_id, currency, 0, 0, 0, 0, 0, 0, amount_minor
        FROM provider_movement WHERE organization_id = %(org)s
    ) facts GROUP BY account, currency
"""


_NOTHING: Final = (0,) * 8


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What one account took in one currency, and where that is; minor units. ``captured`` is the sum of all the others
    that follow it, less what ``moved``: what came to the provider's account otherwise, below zero where more went from
    it. ``converted`` is what the provider turned into another currency (below zero: what came of another).
    ``booked`` is what the ledger says is still with the provider; ``None`` for money that came to the
    business itself, which is on accounts that hold other money too. ``strange`` is looked for where less than nothing
    is still there: what payouts brought of which nothing here knows, before that was told apart."""

    account: GatewayAccount
    currency: str
    captured: int
    fees: int
    refunded: int
    disputed: int
    lost: int
    converted: int
    paid_out: int
    moved: int
    booked: int | None
    strange: int = 0

    @property
    def held(self) -> int:
        """Still with the provider; of money that came to the business itself: in its till or bank."""
        gone = self.refunded + self.disputed + self.lost + self.converted + self.paid_out
        return self.captured - self.fees - gone + self.moved

    @property
    def is_short(self) -> bool:
        """Did a provider pay out, give back or keep more than what came in here?"""
        return self.booked is not None and self.held < 0

    @property
    def difference(self) -> int:
        """What the ledger says otherwise: zero, or a mistake or an entry by hand."""
        return 0 if self.booked is None else self.booked - self.held


@dataclass(frozen=True, slots=True)
class OfOthers:
    """What payouts ``brought`` of others in one currency, and what of it is ``owed`` still, as the ledger has it."""

    currency: str
    brought: int
    owed: int

    @property
    def passed_on(self) -> int:
        """Booked by hand: to whom it belongs, or to what it was."""
        return self.brought - self.owed


@dataclass(frozen=True, slots=True)
class Money:
    """All of it. ``in_transit`` is what was paid out and no bank line has shown yet, by currency, as the ledger has
    it; some of that may be ``of_others``."""

    rows: Sequence[Whereabouts]
    in_transit: Sequence[tuple[str, int]] = field(default=())
    of_others: Sequence[OfOthers] = field(default=())

    @property
    def is_converted(self) -> bool:
        """Does any provider keep it in another currency than it came in?"""
        return any(row.converted for row in self.rows)

    @property
    def moves(self) -> bool:
        """Is any of it with a provider, whose account may be moved by other ways?"""
        return any(row.booked is not None for row in self.rows)

    @property
    def is_moved(self) -> bool:
        """Did anything else come to a provider's account, or go from it?"""
        return any(row.moved for row in self.rows)

    @property
    def short(self) -> Sequence[Whereabouts]:
        return [row for row in self.rows if row.is_short]

    @property
    def adds_up(self) -> bool:
        return not any(row.difference for row in self.rows)


def where_is_my_money(organization: Organization, *, mark: str | None = None) -> Money:
    """By provider and currency, those with the most money first. All of it is read as it was at one moment: money that
    settles meanwhile makes no difference between facts and ledger. ``mark`` is how far sums are kept
    (``dashboard.kept.kept_to``); without one, all payments are added up."""
    with one_moment():
        return _money(organization, mark)


def _money(organization: Organization, mark: str | None) -> Money:
    facts = _facts(organization, mark)
    known = {each.id: each for each in GatewayAccount.objects.filter(organization=organization)}
    booked, in_transit, owed = _booked(organization)
    direct = adapters_with(*ASKS_NOBODY)
    names = {*facts, *((account, currency) for account, currency in booked if account in known)}
    rows = []
    for account, currency in names:
        holder = known[account]
        captured, fees, refunded, disputed, lost, converted, paid_out, moved = facts.get(
            (account, currency), _NOTHING
        )
        rows.append(
            Whereabouts(
                account=holder,
                currency=currency,
                captured=captured,
                fees=fees,
                refunded=refunded,
                disputed=disputed,
                lost=lost,
                converted=converted,
                paid_out=paid_out,
                moved=moved,
                booked=None if holder.gateway in direct else booked.get((account, currency), 0),
            )
        )
    short = {row.account.id for row in rows if row.is_short}
    if short:
        strange = strange_sums(organization, short)
        rows = [replace(row, strange=strange.get((row.account.id, row.currency), 0)) for row in rows]
    rows.sort(key=lambda row: (row.currency, -row.captured, row.account.label))
    return Money(rows, in_transit, _of_others(organization, owed))


def _of_others(organization: Organization, owed: Mapping[str, int]) -> list[OfOthers]:
    payouts = Payout.objects.filter(organization=organization, state=PayoutState.PAID).exclude(others_minor=0)
    brought = dict(payouts.values_list("currency").order_by().annotate(total=Sum("others_minor")))
    return [
        OfOthers(currency, int(brought.get(currency, 0)), owed.get(currency, 0))
        for currency in sorted({*brought, *owed})
    ]


def _facts(organization: Organization, mark: str | None) -> dict[tuple[UUID, str], tuple[int, ...]]:
    """Captured, fees, refunded, disputed, lost, converted, paid out and moved, by gateway account and currency."""
    came = _counted(organization) if mark is None else taken(organization, mark=mark)
    facts = {
        (account, currency): [int(minor), int(fees), *_NOTHING[2:]] for account, currency, minor, fees in came
    }
    with connection.cursor() as cursor:
        cursor.execute(_BECAME, {"org": organization.id})
        for account, currency, *since in cursor.fetchall():
            row = facts.setdefault((account, currency), [*_NOTHING])
            for place, minor in enumerate(since, start=1):
                row[place] += int(minor)
    return {name: tuple(row) for name, row in facts.items()}


def _counted(organization: Organization) -> Iterable[tuple[UUID, str, int, int]]:
    payments = Payment.objects.filter(organization=organization, state=PaymentState.SUCCEEDED)
    sums = payments.values_list("gateway_account_id", "currency").order_by()
    return sums.annotate(captured=Sum("captured_minor"), fees=Sum("fee_minor"))


def _booked(
    organization: Organization,
) -> tuple[dict[tuple[UUID, str], int], list[tuple[str, int]], dict[str, int]]:
    """What the ledger has on the clearing account of each gateway account, in transit, and of others."""
    accounts = {account.id: account for account in list_accounts(organization)}
    clearing: dict[tuple[UUID, str], int] = {}
    in_transit: list[tuple[str, int]] = []
    owed: dict[str, int] = {}
    for each in sums(organization):
        account = accounts[each.account_id]
        if account.role == AccountRole.CLEARING:
            clearing[UUID(account.detail), each.currency] = each.amount_minor
        elif account.role == AccountRole.PAYOUTS_IN_TRANSIT and each.amount_minor:
            in_transit.append((each.currency, each.amount_minor))
        elif account.role == AccountRole.MONEY_OF_OTHERS and each.amount_minor:
            owed[each.currency] = -each.amount_minor
    return clearing, sorted(in_transit), owed
