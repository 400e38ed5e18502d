"""A provider answers again: what is unknown there is asked about soon, and not when the plan's long waits are over."""

from __future__ import annotations

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from django.db.models import QuerySet

from allsquare.core import bulk, clock
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment, Refund
from allsquare.payments.plan import APART, GRACE, UNDECIDED, turns

#: Payments, and refunds, in one go: as many as are asked about before the plan would. More come with the next answer.
MOST: Final = 2000

_PUT_FORWARD: Final[LiteralString] = """
    SET next_check_at = sooner.at FROM unnest(%s::uuid[], %s::timestamptz[]) AS sooner (id, at)
    WHERE organization_id = %s AND {0}.id = sooner.id AND next_check_at > sooner.at"""


@retrying
def hasten_checks(*, organization: Organization, account_id: UUID) -> int:
    """How many payments and refunds of the account have their next check sooner now.

    It moves times and nothing else, so that whoever sweeps claims each as ever, and nothing is asked about twice at the
    same time. Repeats change nothing: what has its turn already keeps it. What somebody settles at this moment is left
    to them. The system does this by itself, so no actor is asked for.
    """
    payments = Payment.objects.filter(
        organization=organization, gateway_account=account_id, state__in=UNDECIDED
    )
    refunds = Refund.objects.filter(
        organization=organization, payment__gateway_account=account_id, state__in=UNDECIDED
    )
    now = clock.now(None)
    # Whoever waits for no longer than all of them together take has their turn already.
    since = now + GRACE + (payments.count() + refunds.count()) * APART
    late = _late(payments, since)
    _put_forward(organization, "payment", late, now)
    late_refunds = _late(refunds, since)
    _put_forward(organization, "refund", late_refunds, now + len(late) * APART)
    return len(late) + len(late_refunds)


def _late(unknown: QuerySet[Payment] | QuerySet[Refund], since: datetime) -> list[UUID]:
    """The oldest of those that are to be asked about after ``since``, locked."""
    found = unknown.filter(next_check_at__gt=since)
    locked = found.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return list(locked.order_by("id").values_list("id", flat=True)[:MOST])


def _put_forward(organization: Organization, table: LiteralString, ids: list[UUID], now: datetime) -> None:
    if ids:
        bulk.run(
            "UPDATE " + table + _PUT_FORWARD.format(table), [ids, turns(len(ids), now=now), organization.id]
        )
