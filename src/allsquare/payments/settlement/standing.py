"""Where the money of a payment stands: credit that it left, its own invoice, other invoices that the credit paid. A
payment for several invoices has none of its own: what it paid stands among the others, the last of them first.

Money that goes back is taken from what the payment left over, wherever that went: first from credit that nobody
used, then from the invoices that the credit paid, the latest first, and last from the payment's own invoice. So it
makes no difference whether a part of a payment was given back before its credit was used or after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from allsquare.billing.states import InvoiceState
from allsquare.core import bulk
from allsquare.identity.models import Organization
from allsquare.payments.models import Payment, PaymentShare
from allsquare.payments.postings import OnInvoice
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.locked import LockedInvoice, LockedPayment

_INVOICES: Final = """
    SELECT id, number, state, total_minor, paid_minor, credited_minor, base_total_minor FROM invoice
    WHERE organization_id = %s AND id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(slots=True)
class Used:
    """``amount`` of a payment's credit that counts towards ``invoice``, which is locked; the invoice of its tip at
    times."""

    invoice: LockedInvoice
    amount: int
    is_tip: bool = False


@dataclass(slots=True)
class Returnable:
    """``credit`` that a payment left and nobody used (minor units and base), ``used`` on other invoices with the
    latest first and its tip at the end, and ``allocated`` to its own invoice."""

    credit: int = 0
    credit_base: int = 0
    allocated: int = 0
    used: list[Used] = field(default_factory=list)

    def take_credit(self, part: int) -> int:
        """Take ``part`` off the credit; returns its base amount. All of the credit takes all of its base."""
        base = self.credit_base if part == self.credit else self.credit_base * part // self.credit
        self.credit -= part
        self.credit_base -= base
        return base

    def reopen(
        self, batch: Batch, payment: LockedPayment, returned: int, source_id: UUID
    ) -> tuple[OnInvoice, ...]:
        """Of ``returned`` take what its free credit does not cover back from the other invoices, by ``source_id``. A
        tip goes back last, after what its own invoice can give: a part that goes back is of what was sold."""
        wanted = returned - min(returned, max(self.credit, 0))
        reopened = []
        for used in self.used:
            part = min(max(wanted - self.allocated, 0) if used.is_tip else wanted, used.amount)
            if part:
                base = -batch.allocate(payment, -part, source_id, invoice=used.invoice)
                reopened.append(OnInvoice(used.invoice.id, part, base))
                used.amount -= part
                wanted -= part
        return tuple(reopened)


def returnable(batch: Batch, payments: Sequence[LockedPayment]) -> dict[UUID, Returnable]:
    """Sums of the facts of ``payments``, which are locked. Invoices that their credit paid are locked here: after a
    payment, against the order of the house, since only the locked payment says which they are. Who meets somebody
    going the other way is a deadlock's victim at times, and ``settle`` tries again."""
    found: dict[UUID, Returnable] = defaultdict(Returnable)
    by_id = {payment.id: payment for payment in payments}
    ids, org = list(by_id), batch.organization.id
    elsewhere: list[tuple[UUID, UUID, int, bool]] = []
    for payment_id, invoice_id, amount, base, _, is_tip in bulk.run(
        """SELECT payment_id, NULL::uuid, sum(amount_minor)::bigint, sum(base_minor)::bigint, '' AS latest, false AS tip
               FROM credit_movement
               WHERE organization_id = %s AND payment_id = ANY(%s::uuid[]) GROUP BY payment_id
           UNION ALL
           SELECT a.payment_id, a.invoice_id, sum(a.amount_minor)::bigint, 0, max(a.id::text), t.id IS NOT NULL
               FROM allocation a LEFT JOIN payment_tip t
                   ON t.payment_id = a.payment_id AND t.invoice_id = a.invoice_id
                   AND t.organization_id = a.organization_id
               WHERE a.organization_id = %s AND a.payment_id = ANY(%s::uuid[])
               GROUP BY a.payment_id, a.invoice_id, t.id
           ORDER BY tip, latest DESC""",
        [org, ids, org, ids],
    ):
        own = by_id[payment_id].invoice
        if invoice_id is None:
            found[payment_id].credit, found[payment_id].credit_base = amount, base
        elif own is not None and own.id == invoice_id:
            found[payment_id].allocated = amount
        elif amount:
            elsewhere.append((payment_id, invoice_id, amount, is_tip))
    if elsewhere:
        known = {payment.invoice.id: payment.invoice for payment in payments if payment.invoice}
        known |= {share.invoice.id: share.invoice for payment in payments for share in payment.shares}
        known |= lock_invoices(org, {invoice_id for _, invoice_id, _, _ in elsewhere} - known.keys())
        for payment_id, invoice_id, amount, is_tip in elsewhere:
            found[payment_id].used.append(Used(known[invoice_id], amount, is_tip))
    return found


def invoices_of(organization: Organization, payment_ids: Iterable[UUID]) -> set[UUID]:
    """The invoices that these payments are for, to be locked before the payments are."""
    ids = list(payment_ids)
    own = Payment.objects.filter(organization=organization, id__in=ids, invoice__isnull=False)
    shares = PaymentShare.objects.filter(organization=organization, payment_id__in=ids)
    return set(
        own.values_list("invoice_id", flat=True).union(shares.values_list("invoice_id", flat=True), all=True)
    )


def lock_invoices(organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, LockedInvoice]:
    """Ids ascending."""
    rows = bulk.run(
        _INVOICES,
        [organization_id, sorted(ids)],
    )
    return {
        id_: LockedInvoice(
            id=id_,
            number=number or "",
            state=InvoiceState(state),
            total_minor=total,
            paid_minor=paid,
            credited_minor=credited,
            base_total_minor=base_total or 0,
            old_state=InvoiceState(state),
        )
        for id_, number, state, total, paid, credited, base_total in rows
    }
