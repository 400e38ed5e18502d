"""Where every unit of money that payments brought is now: with whom, and on its way to what.

Two ways lead there. The facts (payments, refunds, disputes, payouts) say what came in and what became of it; the ledger
says what stands on the accounts. Both are read here, and what they leave to be explained is zero, or a mistake: the
proofs of ``allsquare verify`` ask the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import connection

from allsquare.identity.models import Organization
from allsquare.ledger.balances import sums
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.selectors import list_accounts
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapters_with

#: What happened, by gateway account and currency. Money is with whoever took it until it is paid out.
_FACTS: Final = """
    SELECT account, currency, sum(captured), sum(fees), sum(refunded), sum(disputed), sum(lost), sum(paid_out) FROM (
        SELECT gateway_account_id AS account, currency, captured_minor AS captured, fee_minor AS fees, 0 AS refunded,
            0 AS disputed, 0 AS lost, 0 AS paid_out
        FROM payment WHERE organization_id = %(org)s AND state = 'succeeded'
        UNION ALL
        SELECT p.gateway_account_id, r.currency, 0, -r.fee_returned_minor,
            CASE r.state WHEN 'succeeded' THEN r.amount_minor ELSE 0 END, 0, 0, 0
        FROM refund r JOIN payment p ON p.id = r.payment_id AND p.organization_id = r.organization_id
        WHERE r.organization_id = %(org)s AND r.settled_at IS NOT NULL
        UNION ALL
        SELECT p.gateway_account_id, d.currency, 0, d.fee_minor, 0,
            CASE d.state WHEN 'opened' THEN d.amount_minor ELSE 0 END,
            CASE d.state WHEN 'lost' THEN d.amount_minor ELSE 0 END, 0
        FROM dispute d JOIN payment p ON p.id = d.payment_id AND p.organization_id = d.organization_id
        WHERE d.organization_id = %(org)s
        UNION ALL
        SELECT gateway_account_id, currency, 0, fee_minor, 0, 0, 0, net_minor
        FROM payout WHERE organization_id = %(org)s AND state = 'paid'
    ) facts GROUP BY account, currency
"""


_NOTHING: Final = (0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What one account took in one currency, and where that is; minor units. ``captured`` is the sum of all the others
    that follow it. ``booked`` is what the ledger says is still with the provider; ``None`` for money that came to the
    business itself, which is on accounts that hold other money too."""

    account: GatewayAccount
    currency: str
    captured: int
    fees: int
    refunded: int
    disputed: int
    lost: int
    paid_out: int
    booked: int | None

    @property
    def held(self) -> int:
        """Still with the provider; of money that came to the business itself: in its till or bank."""
        return self.captured - self.fees - self.refunded - self.disputed - self.lost - self.paid_out

    @property
    def difference(self) -> int:
        """What the ledger says otherwise: zero, or a mistake or an entry by hand."""
        return 0 if self.booked is None else self.booked - self.held


@dataclass(frozen=True, slots=True)
class Money:
    """All of it. ``in_transit`` is what was paid out and no bank line has shown yet, by currency, as the ledger has
    it."""

    rows: Sequence[Whereabouts]
    in_transit: Sequence[tuple[str, int]] = field(default=())

    @property
    def adds_up(self) -> bool:
        return not any(row.difference for row in self.rows)


def where_is_my_money(organization: Organization) -> Money:
    """By provider and currency, those with the most money first. Four statements, however much there is."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {"org": organization.id})
        facts = {(account, currency): tuple(map(int, rest)) for account, currency, *rest in cursor.fetchall()}
    known = {each.id: each for each in GatewayAccount.objects.filter(organization=organization)}
    booked, in_transit = _booked(organization)
    direct = adapters_with(Capability.RECORDED) | adapters_with(Capability.AWAITED)
    names = {*facts, *((account, currency) for account, currency in booked if account in known)}
    rows = []
    for account, currency in names:
        holder = known[account]
        captured, fees, refunded, disputed, lost, paid_out = facts.get((account, currency), _NOTHING)
        rows.append(
            Whereabouts(
                account=holder,
                currency=currency,
                captured=captured,
                fees=fees,
                refunded=refunded,
                disputed=disputed,
                lost=lost,
                paid_out=paid_out,
                booked=None if holder.gateway in direct else booked.get((account, currency), 0),
            )
        )
    rows.sort(key=lambda row: (row.currency, -row.captured, row.account.label))
    return Money(rows, in_transit)


def _booked(organization: Organization) -> tuple[dict[tuple[UUID, str], int], list[tuple[str, int]]]:
    """What the ledger has on the clearing account of each gateway account, and in transit."""
    accounts = {account.id: account for account in list_accounts(organization)}
    clearing: dict[tuple[UUID, str], int] = {}
    in_transit: list[tuple[str, int]] = []
    for each in sums(organization):
        account = accounts[each.account_id]
        if account.role == AccountRole.CLEARING:
            clearing[UUID(account.detail), each.currency] = each.amount_minor
        elif account.role == AccountRole.PAYOUTS_IN_TRANSIT and each.amount_minor:
            in_transit.append((each.currency, each.amount_minor))
    return clearing, sorted(in_transit)
