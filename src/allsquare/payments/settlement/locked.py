"""Finding and locking what a batch of outcomes speaks of: invoices first, then payments, ids ascending.

``FOR NO KEY UPDATE``, since ``FOR UPDATE`` deadlocks with inserts whose foreign keys point at the same rows.
The rows are read into plain mutable records, which the batch updates as it goes, so that several outcomes
for one invoice or payment add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.states import InvoiceState
from allsquare.core import bulk
from allsquare.core.binary import encoded_array
from allsquare.identity.models import Organization
from allsquare.payments.amounts import left
from allsquare.payments.errors import OutcomeContradicts
from allsquare.payments.gateway import Outcome
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.states import PaymentState


@dataclass(slots=True)
class LockedInvoice:
    id: UUID
    number: str
    state: InvoiceState
    total_minor: int
    paid_minor: int
    credited_minor: int
    base_total_minor: int
    old_state: InvoiceState
    allocated: bool = False  # something was allocated or taken back in this batch

    @property
    def open_minor(self) -> int:
        """What may still be allocated; nothing on a void invoice."""
        if self.state in (InvoiceState.VOID, InvoiceState.WRITTEN_OFF, InvoiceState.DRAFT):
            return 0
        return self.total_minor - self.covered_minor

    @property
    def covered_minor(self) -> int:
        """What is not owed any more: paid or credited."""
        return self.paid_minor + self.credited_minor


@dataclass(frozen=True, slots=True)
class LockedShare:
    """What of a payment is meant for ``invoice``, one of several."""

    invoice: LockedInvoice
    amount_minor: int


#: Columns of a payment that settling may change, with their types.
CHANGING: Final[tuple[tuple[str, LiteralString], ...]] = (
    ("state", "text"),
    ("reference", "text"),
    ("captured_minor", "bigint"),
    ("fee_minor", "bigint"),
    ("refunded_minor", "bigint"),
    ("refunding_minor", "bigint"),
    ("disputed_minor", "bigint"),
    ("received_on", "date"),
    ("redirect", "text"),
    ("failure_code", "text"),
    ("failure_message", "text"),
    ("method_brand", "text"),
    ("method_last_four", "text"),
    ("expected_on", "date"),
    ("settled_at", "timestamptz"),
    ("next_check_at", "timestamptz"),
)


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
    shares: list[LockedShare] = field(
        default_factory=list
    )  # of a payment for several invoices, in their order

    @property
    def several(self) -> dict[str, object]:
        """For what is told of it: the numbers of several invoices, where it is for several."""
        return {"invoices": [share.invoice.number for share in self.shares]} if self.shares else {}

    @property
    def left_minor(self) -> int:
        """As that of the row."""
        return left(self.captured_minor, self.refunded_minor, self.refunding_minor, self.disputed_minor)

    def show_in(self, row: Payment) -> None:
        """``row``, which was read or made before, now has what was settled."""
        for name, _kind in CHANGING:
            setattr(row, name, getattr(self, name))


class Locked:
    """Payments by id, by attempt (our key) and by the provider's reference.

    All are locked, but their rows are read a part at a time, as the decisions come to them: so the database writes
    what was decided of the first while the last are still being read.
    """

    def __init__(self, organization: Organization, account: GatewayAccount, answer: bulk.Sent) -> None:
        self._organization = organization
        self._account = account
        self._parts = answer.parts(_PART)
        self._payments: dict[UUID, LockedPayment] = {}
        self._by_key: dict[UUID, LockedPayment] = {}
        self._by_reference: dict[str, LockedPayment] = {}
        self._invoices: dict[UUID, LockedInvoice] = {}

    @property
    def payments(self) -> dict[UUID, LockedPayment]:
        self._read_all()
        return self._payments

    @property
    def by_reference(self) -> dict[str, LockedPayment]:
        self._read_all()
        return self._by_reference

    def find(self, *, key: UUID | None, reference: str) -> LockedPayment | None:
        """Our own key counts before the provider's name."""
        while key and key not in self._by_key and self._read():
            continue
        if key and (found := self._by_key.get(key)):
            return found
        while reference and reference not in self._by_reference and self._read():
            continue
        return self._by_reference.get(reference) if reference else None

    def _read_all(self) -> None:
        while self._read():
            continue

    def _read(self) -> bool:
        """The next part; was there one?"""
        part = next(self._parts, None)
        if part is None:
            return False
        several = [payment for row in part if (payment := self._keep(row)) and payment.invoice is None]
        if several:
            self._read_all()  # what is for several invoices is rare, so it is read at once
            self._add_shares(several)
        return True

    def _keep(self, row: Sequence[Any]) -> LockedPayment | None:
        """The payment, where it was not known before."""
        key, reference, *columns = row
        if (key or reference) and _has_moved(columns, self._account):
            return None
        known = self._payments.get(columns[0])
        payment = known or _payment(columns, _invoice(columns[_PAYMENT_COLUMNS:], self._invoices))
        self._payments[payment.id] = payment
        if key:
            self._by_key[key] = payment
        if reference:
            self._by_reference[reference] = payment
        return None if known else payment

    def _add_shares(self, several: Sequence[LockedPayment]) -> None:
        """Only a payment that names no invoice may be for several; most batches have none."""
        ids = encoded_array("uuid", [payment.id for payment in several])
        found = bulk.send(_SHARES, {"org": self._organization.id, "ids": ids}, binary=True)
        for payment_id, amount, *row in found.rows():
            invoice = _invoice(row, self._invoices)
            assert invoice is not None  # noqa: S101  # it was joined
            self._payments[payment_id].shares.append(LockedShare(invoice, amount))


#: Rows that are read at once: about as many as are decided on before the database is given something to write.
_PART: Final = 50
#: How many columns of a payment the statement below gives, before those of its invoice.
_PAYMENT_COLUMNS = 24
_ACCOUNT = 4

#: Finds, and locks in order: no payment is locked before every invoice is, since the payments wait for their count.
#: One row for each name by which a payment was found: the attempt, the reference, then the payment, then its invoice.
_LOCK = """
    WITH found AS MATERIALIZED (
        SELECT a.payment_id, a.id AS key, NULL AS reference, p.invoice_id FROM payment_attempt a
            JOIN payment p ON p.id = a.payment_id AND p.organization_id = a.organization_id
            WHERE a.organization_id = %(org)b AND a.id = ANY(%(keys)b::uuid[]) AND p.gateway_account_id = %(account)b
        UNION ALL
        SELECT p.id, NULL, p.reference, p.invoice_id FROM payment p
            WHERE p.organization_id = %(org)b AND p.gateway_account_id = %(account)b
                AND p.reference = ANY(%(references)b::text[])
        UNION ALL
        SELECT p.id, NULL, NULL, p.invoice_id FROM payment p
            WHERE p.organization_id = %(org)b AND p.id = ANY(%(ids)b::uuid[])
    ), i AS MATERIALIZED (
        SELECT id, number, state, total_minor, paid_minor, credited_minor, base_total_minor FROM invoice
        WHERE organization_id = %(org)b AND id = ANY(ARRAY(
            SELECT invoice_id FROM found UNION ALL
            SELECT invoice_id FROM payment_share WHERE organization_id = %(org)b
                AND payment_id = ANY(ARRAY(SELECT payment_id FROM found WHERE invoice_id IS NULL))))
        ORDER BY id FOR NO KEY UPDATE
    ), p AS MATERIALIZED (
        SELECT id, customer_id, invoice_id, gateway, gateway_account_id, method, currency, amount_minor, state,
            reference, captured_minor, fee_minor, refunded_minor, refunding_minor, disputed_minor, received_on,
            redirect, failure_code, failure_message, method_brand, method_last_four, expected_on,
            settled_at, next_check_at
        FROM payment
        WHERE organization_id = %(org)b AND id = ANY(ARRAY(SELECT payment_id FROM found))
            AND (SELECT count(*) FROM i) >= 0
        ORDER BY id FOR NO KEY UPDATE
    )
    SELECT found.key, found.reference, p.*, i.*
        FROM p JOIN found ON found.payment_id = p.id LEFT JOIN i ON i.id = p.invoice_id
"""


#: Of payments for several invoices, which are locked with them; so they are read as they stay.
_SHARES: Final = """
    SELECT s.payment_id, s.amount_minor, i.id, i.number, i.state, i.total_minor, i.paid_minor, i.credited_minor,
        i.base_total_minor
    FROM payment_share s JOIN invoice i ON i.id = s.invoice_id AND i.organization_id = s.organization_id
    WHERE s.organization_id = %(org)b AND s.payment_id = ANY(%(ids)b::uuid[]) ORDER BY s.payment_id, s.place
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
    answer = bulk.send(
        _LOCK,
        {
            "org": organization.id,
            "account": account.id,
            "keys": encoded_array("uuid", keys),
            "references": encoded_array("text", [reference for reference in references if reference]),
            "ids": encoded_array("uuid", payment_ids),
        },
        binary=True,
    )
    return Locked(organization, account, answer)


def _has_moved(row: Sequence[Any], account: GatewayAccount) -> bool:
    """To another provider, while its lock was waited for."""
    return bool(row[_ACCOUNT] != account.id)


def check_currency(payment: LockedPayment, outcome: Outcome) -> None:
    """Raises :class:`OutcomeContradicts` when an amount or fee is not in the payment's own currency."""
    for money in (outcome.amount, outcome.fee):
        if money is not None and money.currency.code != payment.currency:
            raise OutcomeContradicts(
                _("The provider reports %(reported)s for a payment in %(currency)s.")
                % {"reported": money.currency.code, "currency": payment.currency},
                payment=str(payment.id),
            )


def _invoice(row: Sequence[Any], known: dict[UUID, LockedInvoice]) -> LockedInvoice | None:
    """One record for each invoice, whichever payments are towards it."""
    if row[0] is None or row[0] in known:
        return known.get(row[0])
    state = InvoiceState(row[2])
    known[row[0]] = LockedInvoice(
        id=row[0],
        number=row[1] or "",
        state=state,
        total_minor=row[3],
        paid_minor=row[4],
        credited_minor=row[5],
        base_total_minor=row[6] or 0,
        old_state=state,
    )
    return known[row[0]]


def _payment(row: Sequence[Any], invoice: LockedInvoice | None) -> LockedPayment:
    state = PaymentState(row[8])
    return LockedPayment(
        id=row[0],
        customer_id=row[1],
        invoice=invoice,
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
