"""Where a provider waits for us after its payer agreed, their money is taken, or their page is closed: never both.

Whoever takes money and whoever closes a page may be two processes, and the provider knows nothing of the second. So
both ask one row of ours, in a statement of its own that is committed before the provider is called: nothing is begun to
be taken after the page was closed, and whoever closes sees what was begun before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from allsquare.core import clock, failpoints
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.payments.after_restore import somebody_is_to_be_asked
from allsquare.payments.at_once import Errands
from allsquare.payments.errors import PaymentUnderWay
from allsquare.payments.gateway import GatewayEvent, Outcome, Status, Subject
from allsquare.payments.gateway_abilities import HintingGateway
from allsquare.payments.models import GatewayAccount, Payment, Taking
from allsquare.payments.registry import adapter, page_life, taking
from allsquare.payments.shares import is_wanted
from allsquare.payments.slips import is_sent_there
from allsquare.payments.states import OPEN, PaymentState

#: So long a request to take money may be on its way: a few calls to the provider, each with its time-out.
AT_MOST: Final = timedelta(minutes=3)

_BEGIN: Final = """
    INSERT INTO payment_taking AS t (id, organization_id, payment_id, under_way, until)
    SELECT %(id)s, p.organization_id, p.id, 1, %(until)s
    FROM payment_attempt a JOIN payment p ON p.id = a.payment_id AND p.organization_id = a.organization_id
    WHERE a.organization_id = %(org)s AND a.id = %(attempt)s AND a.gateway_account_id IS NULL
        AND p.gateway_account_id = %(account)s AND p.state = ANY(%(open)s)
    ON CONFLICT (payment_id) DO UPDATE SET until = excluded.until,
        under_way = CASE WHEN t.until > %(now)s THEN t.under_way + 1 ELSE 1 END
    WHERE t.closed_at IS NULL
    RETURNING t.payment_id
"""
_END: Final = """
    UPDATE payment_taking SET under_way = under_way - 1
    WHERE organization_id = %(org)s AND payment_id = %(payment)s AND under_way > 0
"""
_CLOSE: Final = """
    INSERT INTO payment_taking AS t (id, organization_id, payment_id, under_way, closed_at)
    VALUES (%(id)s, %(org)s, %(payment)s, 0, %(now)s)
    ON CONFLICT (payment_id) DO UPDATE SET closed_at = coalesce(t.closed_at, excluded.closed_at)
    RETURNING t.under_way > 0 AND t.until > %(now)s
"""


class _Hold:
    """What one question to a provider took."""

    def __init__(self, organization: Organization, account: GatewayAccount, errands: Errands) -> None:
        self._organization, self._account, self._errands = organization, account, errands
        self._taken: dict[UUID, tuple[UUID, datetime]] = {}

    def may_take(self, attempt: UUID) -> bool:
        """Only what is an open payment of this account, was not closed, and is for something that wants money still, as
        far as is known: nothing after a restore, before everybody was asked what happened since."""
        return self._errands.done(partial(self._begin, attempt))

    def heard(self, outcomes: Iterable[Outcome]) -> None:
        """Nothing is under way any more where the provider said what became of it. Else it may be yet."""
        if self._taken:
            self._errands.done(partial(self._end, outcomes))

    def _begin(self, attempt: UUID) -> bool:
        if self._account.unknown_since is not None or somebody_is_to_be_asked(self._organization):
            return False
        payment = Payment.objects.filter(organization=self._organization, attempts=attempt).first()
        if payment is None or not is_wanted(self._organization, payment):
            return False
        now = clock.now(None)
        facts: dict[str, Any] = {
            "id": new_id(),
            "org": self._organization.id,
            "account": self._account.id,
            "attempt": attempt,
            "open": [state.value for state in OPEN],
            "now": now,
            "until": now + AT_MOST,
        }
        with connection.cursor() as cursor:
            cursor.execute(_BEGIN, facts)
            row = cursor.fetchone()
        if row is None:
            return False
        self._taken[attempt] = (row[0], now + AT_MOST)
        failpoints.reached("taking.begun")
        return True

    def _end(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            payment, until = self._taken.pop(outcome.key, (None, None)) if outcome.key else (None, None)
            # After its time it is not counted any more, and whoever is was begun since.
            in_time = until is not None and clock.now(None) < until
            if payment is not None and in_time and outcome.status is not Status.UNKNOWN:
                with connection.cursor() as cursor:
                    cursor.execute(_END, {"org": self._organization.id, "payment": payment})


def look_up(
    *, organization: Organization, account: GatewayAccount, attempt_id: UUID, reference: str
) -> Outcome:
    """What became of a charge; where its payer has agreed, its money is taken, unless its page was closed."""
    speaker = taking(account)
    if speaker is None:
        return adapter(account).look_up(key=attempt_id, reference=reference, subject=Subject.CHARGE)
    hold = _Hold(organization, account, Errands())
    outcome = speaker.look_up(
        key=attempt_id, reference=reference, subject=Subject.CHARGE, may_take=hold.may_take
    )
    hold.heard([outcome])
    return outcome


def follow(
    organization: Organization,
    account: GatewayAccount,
    speaker: HintingGateway,
    event: GatewayEvent,
    errands: Errands,
) -> Sequence[Outcome]:
    """What the news is about; as :func:`look_up`. May run in a thread that has ``errands`` done: nothing else here asks
    the database. Raises ``NewsUnavailable``."""
    taker = taking(account)
    if taker is None:
        return speaker.follow(event)
    hold = _Hold(organization, account, errands)
    outcomes = taker.follow(event, may_take=hold.may_take)
    hold.heard(outcomes)
    return outcomes


def close(organization: Organization, payment: Payment) -> bool:
    """From now on nobody begins to take the money of ``payment``, and nobody is led to its page. Is it being taken by
    somebody who began before? Committed when this returns."""
    facts: dict[str, Any] = {
        "id": new_id(),
        "org": organization.id,
        "payment": payment.id,
        "now": clock.now(None),
    }
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE, facts)
            is_being_taken = bool(cursor.fetchone()[0])
        left = Payment.objects.filter(
            organization=organization, id=payment.id, state=PaymentState.NEEDS_ACTION
        )
        left.update(redirect="")
    failpoints.reached("taking.closed")
    return is_being_taken


def is_closed(organization: Organization, payment: Payment) -> bool:
    """Was its page closed, so that what its payer does there leads to nothing?"""
    closed = Taking.objects.filter(organization=organization, payment=payment, closed_at__isnull=False)
    return closed.exists()


def is_past_its_page(organization: Organization, payment: Payment) -> bool:
    """Does it wait on a page that leads nowhere any more?"""
    life = page_life(payment.gateway)
    if life is None or payment.state != PaymentState.NEEDS_ACTION or payment.reader or is_sent_there(payment):
        return False
    return clock.now(organization) - payment.created_at > life


def check_not_taken(organization: Organization, pages: Iterable[Payment]) -> None:
    """Of ``pages``, which should have been closed. Raises ``PaymentUnderWay`` where the money of one is being taken."""
    now = clock.now(None)
    taken = Taking.objects.filter(
        organization=organization, payment__in=list(pages), under_way__gt=0, until__gt=now,
        payment__state=PaymentState.NEEDS_ACTION,
    )  # fmt: skip
    if taken.exists():
        raise pays_already()


def pays_already() -> PaymentUnderWay:
    return PaymentUnderWay(
        _(
            "A payment of this invoice is under way. Wait for its answer before paying again: "
            "nothing is charged twice."
        )
    )
