"""Webhooks that must be asked about: the worker's round ÷ the same news taken one by one, in the same round.

What is at a real provider's is a stand-in here (``bench.answering``), whose answers take 50 ms, as they do over the
Internet. Of each payment there are two pieces of news, as Stripe sends them: that its page is complete, and that its
payment intent succeeded. What is measured is how many payments are settled in a second; with answers that take no time
as well, where asking and settling are what is left.
"""

from __future__ import annotations

from functools import partial
from statistics import median
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.payments.models import GatewayAccount, InboxEvent, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.drain import drain
from bench.answering import answering, intent_of, page_of
from bench.company import Company, company
from bench.figure import Effort, Figure, Timed, timed
from bench.settling import pattern_of
from bench.stock import Pattern, copies, pattern, tidy

#: Seconds that an answer is on its way.
_FAR, _NEAR = 0.05, 0.0
#: Payments per second that are not reached: together, and one by one.
_MOST, _MOST_ALONE = {_FAR: 400, _NEAR: 2_000}, {_FAR: 20, _NEAR: 400}
_BATCH = 1_000


def measure(effort: Effort) -> Figure:
    effort = effort.half().half()
    far, near = (_compared(effort, away) for away in (_FAR, _NEAR))
    rates = {
        "payments_per_second": far[0],
        "payments_per_second_one_by_one": far[1],
        "payments_per_second_0_ms": near[0],
        "payments_per_second_0_ms_one_by_one": near[1],
    }
    return Figure(
        unit="× one by one",
        ratio=True,
        rounds=[mine.rate / theirs.rate for mine, theirs in zip(*far, strict=True)],
        detail={
            "answer_ms": round(_FAR * 1000),
            "news_of_a_payment": 2,
            **{name: round(median(run.rate for run in runs)) for name, runs in rates.items()},
            "cpu_ms": round(median(run.cpu_ms for run in near[0]), 3),
        },
    )


def _compared(effort: Effort, away: float) -> tuple[list[Timed], list[Timed]]:
    owner = company()
    together: list[Timed] = []
    alone: list[Timed] = []
    with answering(pattern_of(owner), seconds=away) as settings:
        account = add_gateway_account(
            organization=owner.organization,
            gateway="stripe",
            label=f"Hints {away}",
            settings=settings,
            actor=SYSTEM,
        )
        of = pattern(owner, account)
        effort.turn_by_turn(
            lambda seconds: together.append(_drained(owner, of, seconds, _MOST[away], _BATCH)),
            lambda seconds: alone.append(_drained(owner, of, seconds, _MOST_ALONE[away], 1)),
        )
    return together[1:], alone[1:]


def _drained(owner: Company, of: Pattern, seconds: float, most: int, batch: int) -> Timed:
    """News of a stock of payments, taken ``batch`` rows at a time; then it is seen that they were settled by that."""
    account = of.payment.gateway_account
    stock = copies(of, int(most * seconds))
    InboxEvent.objects.bulk_create(
        [each for attempt in stock for each in _told(owner, account, attempt)], batch_size=5_000
    )
    tidy()
    rows = timed(
        partial(drain, organization=owner.organization, gateway_account=account, limit=batch), seconds=seconds
    )
    settled = Payment.objects.filter(attempts__in=stock, state="succeeded").count()
    waiting = InboxEvent.objects.filter(gateway_account=account, state="received")
    if not settled or waiting.filter(tries__gt=0).exists():
        raise AssertionError(f"{settled} payments were settled, and some news could not be taken in")
    waiting.delete()
    return Timed(settled, rows.seconds, rows.cpu_seconds)


def _told(owner: Company, account: GatewayAccount, attempt: UUID) -> list[InboxEvent]:
    at = clock.now(None)
    page = {"data": {"object": {"id": page_of(attempt), "payment_intent": intent_of(attempt)}}}
    intent = {"data": {"object": {"id": intent_of(attempt)}}}
    return [
        InboxEvent(
            organization=owner.organization,
            gateway_account=account,
            external_id=f"evt_{new_id().hex}",
            kind=kind,
            object_reference=name,
            payload=payload,
            occurred_at=at,
            received_at=at,
            next_try_at=at,
        )
        for kind, name, payload in (
            ("checkout.session.completed", page_of(attempt), page),
            ("payment_intent.succeeded", intent_of(attempt), intent),
        )
    ]
