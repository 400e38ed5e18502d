"""Finding and locking what a batch of outcomes speaks of: invoices first, then payments, ids ascending.

``FOR NO KEY UPDATE``, since ``FOR UPDATE`` deadlocks with inserts whose foreign keys point at the same rows.
The rows are read into plain mutable records, which the batch updates as it goes, so that several outcomes
for one invoice or payment add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.states import InvoiceState
from allsquare.core import bulk
from allsquare.identity.models import Organization
from allsquare.payments.errors import OutcomeContradicts
from allsquare.payments.gateway import Outcome
from allsquare.payments.models import GatewayAccount
from allsquare.payments.states import PaymentState


@dataclass(slots=True)
class LockedInvoice:
    id: UUID
    number: str
    state: InvoiceState
    total_minor: int
    paid_minor: int
    base_total_minor: int
    old_state: InvoiceState
    allocated: bool = False  # something was allocated or taken back in this batch

    @property
    def open_minor(self) -> int:
        """What may still be allocated; nothing on a void invoice."""
        if self.state in (InvoiceState.VOID, InvoiceState.WRITTEN_OFF, InvoiceState.DRAFT):
            return 0
        return self.total_minor - self.paid_minor


@dataclass(slots=True)
class LockedPayment:
    id: UUID
    customer_id: UUID
    invoice: LockedInvoice | None
    gateway: str
    gateway_account_id: UUID
    method: str
    currency: str
    amount_minor: int
    state: PaymentState
    reference: str | None
    captured_minor: int
    fee_minor: int
    refunded_minor: int
    refunding_minor: int
    disputed_minor: int
    received_on: date | None
    old_state: PaymentState
    redirect: str
    failure_code: str
    failure_message: str
    method_brand: str
    method_last_four: str
    expected_on: date | None
    settled_at: datetime | None
    next_check_at: datetime | None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Locked:
    """Payments by id, by attempt (our key) and by the provider's reference."""

    payments: dict[UUID, LockedPayment]
    by_key: dict[UUID, LockedPayment]
    by_reference: dict[str, LockedPayment]

    def find(self, *, key: UUID | None, reference: str) -> LockedPayment | None:
        """Our own key counts before the provider's name."""
        return (self.by_key.get(key) if key else None) or (
            self.by_reference.get(reference) if reference else None
        )

    @property
    def invoices(self) -> list[LockedInvoice]:
        return list({p.invoice.id: p.invoice for p in self.payments.values() if p.invoice}.values())


_RESOLVE = """
    SELECT a.payment_id, a.id, NULL FROM payment_attempt a
        JOIN payment p ON p.id = a.payment_id AND p.organization_id = a.organization_id
        WHERE a.organization_id = %s AND a.id = ANY(%s::uuid[]) AND p.gateway_account_id = %s
    UNION ALL
    SELECT p.id, NULL, p.reference FROM payment p
        WHERE p.organization_id = %s AND p.gateway_account_id = %s AND p.reference = ANY(%s::text[])
    UNION ALL
    SELECT p.id, NULL, NULL FROM payment p WHERE p.organization_id = %s AND p.id = ANY(%s::uuid[])
"""

_INVOICES = """
    SELECT i.id, i.number, i.state, i.total_minor, i.paid_minor, i.base_total_minor FROM invoice i
    WHERE i.organization_id = %s
        AND i.id IN (
            SELECT p.invoice_id FROM payment p WHERE p.organization_id = %s AND p.id = ANY(%s::uuid[])
        )
    ORDER BY i.id FOR NO KEY UPDATE
"""

_PAYMENTS = """
    SELECT p.id, p.customer_id, p.invoice_id, p.gateway, p.gateway_account_id, p.method, p.currency, p.amount_minor,
        p.state, p.reference, p.captured_minor, p.fee_minor, p.refunded_minor, p.refunding_minor,
        p.disputed_minor, p.received_on, p.redirect, p.failure_code, p.failure_message, p.method_brand,
        p.method_last_four, p.expected_on, p.settled_at, p.next_check_at
    FROM payment p WHERE p.organization_id = %s AND p.id = ANY(%s::uuid[])
    ORDER BY p.id FOR NO KEY UPDATE
"""


def lock(
    *,
    organization: Organization,
    account: GatewayAccount,
    keys: Sequence[UUID] = (),
    references: Sequence[str] = (),
    payment_ids: Sequence[UUID] = (),
) -> Locked:
    """Lock the payments that attempts ``keys``, charge ``references`` or ``payment_ids`` name, with their invoices.

    Keys and references count only within ``account``: one provider cannot speak for what another was asked.
    """
    org = organization.id
    found = bulk.run(
        _RESOLVE,
        [org, list(keys), account.id, org, account.id, [r for r in references if r], org, list(payment_ids)],
    )
    ids = sorted({row[0] for row in found})
    with bulk.pipelined():
        invoices_sent = bulk.send(_INVOICES, [org, org, ids])
        payments_sent = bulk.send(_PAYMENTS, [org, ids])
    invoices = {
        row[0]: LockedInvoice(
            id=row[0],
            number=row[1] or "",
            state=InvoiceState(row[2]),
            total_minor=row[3],
            paid_minor=row[4],
            base_total_minor=row[5] or 0,
            old_state=InvoiceState(row[2]),
        )
        for row in invoices_sent.rows()
    }
    payments = {row[0]: _payment(row, invoices) for row in payments_sent.rows()}
    return Locked(
        payments=payments,
        by_key={row[1]: payments[row[0]] for row in found if row[1]},
        by_reference={row[2]: payments[row[0]] for row in found if row[2]},
    )


def check_currency(payment: LockedPayment, outcome: Outcome) -> None:
    """Raises :class:`OutcomeContradicts` when an amount or fee is not in the payment's own currency."""
    for money in (outcome.amount, outcome.fee):
        if money is not None and money.currency.code != payment.currency:
            raise OutcomeContradicts(
                _("The provider reports %(reported)s for a payment in %(currency)s.")
                % {"reported": money.currency.code, "currency": payment.currency},
                payment=str(payment.id),
            )


def _payment(row: tuple[Any, ...], invoices: dict[UUID, LockedInvoice]) -> LockedPayment:
    state = PaymentState(row[8])
    return LockedPayment(
        id=row[0],
        customer_id=row[1],
        invoice=invoices.get(row[2]),
        gateway=row[3],
        gateway_account_id=row[4],
        method=row[5],
        currency=row[6],
        amount_minor=row[7],
        state=state,
        reference=row[9],
        captured_minor=row[10],
        fee_minor=row[11],
        refunded_minor=row[12],
        refunding_minor=row[13],
        disputed_minor=row[14],
        received_on=row[15],
        old_state=state,
        redirect=row[16],
        failure_code=row[17],
        failure_message=row[18],
        method_brand=row[19],
        method_last_four=row[20],
        expected_on=row[21],
        settled_at=row[22],
        next_check_at=row[23],
    )
