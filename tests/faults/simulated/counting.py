"""What came of a simulation, counted after everything came to rest: ours, and against both providers' own books."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from typing import Final

from allsquare.billing.models import CreditNote
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event, EventSeal
from allsquare.core.sealer import seal
from allsquare.insights.proofs import PROOFS, run
from allsquare.payments.models import (
    Difference,
    Dispute,
    InboxEvent,
    Inquiry,
    Payment,
    PaymentAttempt,
    Payout,
    Refund,
)
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.services.start_inquiry import start_inquiry
from allsquare.payments.states import OPEN, REFUND_OPEN, InboxState
from tests.faults.simulated.report import Report
from tests.faults.simulated.shop import Shop, Till
from tests.faults.soak.books import differences
from tests.faults.soak.findings import doubled
from tests.faults.soak.our_books import our_books
from tests.faults.soak.their_books import their_books

#: Nobody works at the queue of jobs here, nor reads the event log.
_NOT_ASKED: Final = frozenset({"jobs_on_time", "log_is_read"})


def _seal_all(shop: Shop) -> None:
    """A log is read up to the oldest transaction that runs in the database, and PostgreSQL may be counting rows."""
    mine = {"organization_id": shop.organization.id}
    for _ in range(600):
        seal()
        if EventSeal.objects.filter(**mine).count() == Event.objects.filter(**mine).count():
            return
        time.sleep(0.1)


def count(report: Report, shop: Shop, *, unknown: int) -> None:
    """``unknown`` are payments of which nobody knows what became of them."""
    mine = {"organization": shop.organization}
    report.actions, report.deaths = shop.world.actions, dict(shop.world.deaths)
    report.digest, report.forged = shop.world.digest, shop.refused
    payments = Payment.objects.filter(**mine)
    report.payments = payments.count()
    report.together = payments.filter(invoice=None).count()
    report.at_readers = payments.exclude(reader="").count()
    moved = PaymentAttempt.objects.filter(**mine, gateway_account__isnull=False)
    report.moved = moved.count()
    report.elsewhere = payments.filter(gateway_account=shop.tills[1].account).count()
    report.refunds = Refund.objects.filter(**mine).count()
    report.notes = CreditNote.objects.filter(**mine).count()
    report.disputes = Dispute.objects.filter(**mine).count()
    report.payouts = Payout.objects.filter(**mine).count()
    report.resolved.sort()
    report.resolved_later.sort()
    _ours(report, shop, unknown)
    _seal_all(shop)
    report.verify = [
        f"{result.proof.name}: {finding.subject}"
        for result in run([proof for proof in PROOFS if proof.name not in _NOT_ASKED])
        for finding in result.findings
    ]
    for till in shop.tills:
        report.differences += differences(
            theirs=their_books(till.provider), ours=our_books(shop.organization, till.account)
        )
        report.compared += _compared(shop, till)


def _ours(report: Report, shop: Shop, unknown: int) -> None:
    mine, told = {"organization": shop.organization}, shop.told
    payments, refunds = Payment.objects.filter(**mine), Refund.objects.filter(**mine)
    news, notes = InboxEvent.objects.filter(**mine), CreditNote.objects.filter(**mine)
    unread = news.exclude(state=InboxState.DONE)
    report.stuck = {
        "payments": payments.filter(state__in=OPEN).count(),
        "refunds": refunds.filter(state__in=REFUND_OPEN).count(),
        "inbox": unread.count(),
        "unknown": unknown,
    }
    report.unread = [
        f"{row.kind} {row.object_reference}, {row.state} after {row.tries} tries: {row.error}"
        for row in unread
    ]
    report.lost = [
        *(f"payment {one}" for one in told.payments - set(payments.values_list("id", flat=True))),
        *(f"refund {one}" for one in told.refunds - set(refunds.values_list("id", flat=True))),
        *(f"news {one}" for one in told.news - set(news.values_list("external_id", flat=True))),
        *(f"credit note {one}" for one in told.notes - set(notes.values_list("id", flat=True))),
    ]
    # What a credit note sets free of several payments goes back under one reason, and is counted below.
    found = [line for till in shop.tills for line in doubled(shop.organization, till.provider)]
    report.doubled = [line for line in dict.fromkeys(found) if "credit-" not in line]
    reasons = Counter(notes.values_list("reason", flat=True))
    report.doubled += [f"{number} credit notes for {name}" for name, number in reasons.items() if number > 1]
    for till in shop.tills:
        given = Counter(
            (each["charge"], each["reason"])
            for each in till.provider.every("/v1/refunds")
            if each["status"] != "failed"
        )
        report.doubled += [f"{number} refunds of {name}" for name, number in given.items() if number > 1]


def _compared(shop: Shop, till: Till) -> list[str]:
    """As ``allsquare reconcile-gateway`` would find."""
    asked = start_inquiry(
        organization=shop.organization,
        account_id=till.account.id,
        kind=Inquiry.Kind.COMPARE,
        begins_at=shop.world.begin - timedelta(days=2),
        ends_at=shop.world.now,
        actor=SYSTEM,
        queued=False,
    )
    done = run_inquiry(organization=shop.organization, inquiry_id=asked.id)
    rows = Difference.objects.filter(organization=shop.organization, inquiry=done)
    found = [f"{row.subject} {row.reference}: {row.kind}" for row in rows]
    return found if done.state == "done" else [*found, f"{done.state}: {done.error}"]
