"""Who is to be told of which news: events in, mails out, with a fixed number of queries per batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.core.models import Event
from allsquare.identity.models import Organization, Person
from allsquare.identity.selectors import people_told_of_payments
from allsquare.notifications.drafts import draft
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.payments.models import Attention, Dispute, Payment, Refund


@dataclass(frozen=True, slots=True)
class Rows:
    """What a batch of news of one organization speaks of, by id. ``payments`` are also known by their refunds and
    disputes; ``bounced`` are those that had been pending before they failed."""

    organization: Organization
    staff: Sequence[Person]
    invoices: Mapping[UUID, Invoice]
    payments: Mapping[UUID, Payment]
    attention: Mapping[tuple[str, UUID], Attention]
    bounced: frozenset[UUID]


def mails_for(organization: Organization, news: Sequence[Event]) -> list[Mail]:
    """The mails that ``news`` ask for, in its order. Nothing is written."""
    telling = [event for event in news if event.kind in _TELLERS]
    if not telling:
        return []
    rows = _read(organization, telling)
    return [mail for event in telling for mail in _TELLERS[event.kind](rows, event)]


def _read(organization: Organization, news: Sequence[Event]) -> Rows:
    def ids(subject_type: str) -> list[UUID]:
        return [event.subject_id for event in news if event.subject_type == subject_type]

    payments = Payment.objects.filter(organization=organization, id__in=ids("payment"))
    refunds = Refund.objects.filter(organization=organization, id__in=ids("refund"))
    disputes = Dispute.objects.filter(organization=organization, id__in=ids("dispute"))
    behind = ("payment__customer", "payment__invoice")
    invoices = Invoice.objects.filter(organization=organization, id__in=ids("invoice"))
    raised = [event.subject_id for event in news if event.kind == "attention.raised"]
    return Rows(
        organization=organization,
        staff=people_told_of_payments(organization),
        invoices={row.id: row for row in invoices.select_related("customer")},
        payments={
            **{row.id: row for row in payments.select_related("customer", "invoice")},
            **{row.id: row.payment for row in refunds.select_related(*behind)},
            **{row.id: row.payment for row in disputes.select_related(*behind)},
        },
        attention={
            (row.kind, row.subject_id): row
            for row in Attention.objects.filter(organization=organization, subject_id__in=raised)
        },
        bounced=_bounced(
            organization, [event.subject_id for event in news if event.kind == "payment.failed"]
        ),
    )


def _bounced(organization: Organization, failed: Sequence[UUID]) -> frozenset[UUID]:
    """Which of the ``failed`` payments the payer believes to be under way. One that failed at once was seen to."""
    if not failed:
        return frozenset()
    before = Event.objects.filter(
        organization_id=organization.id, subject_id__in=failed, kind="payment.pending"
    )
    return frozenset(before.values_list("subject_id", flat=True))


def _invoice_issued(rows: Rows, event: Event) -> Iterator[Mail]:
    """To the address that was frozen into the invoice."""
    invoice = rows.invoices[event.subject_id]
    recipient = str(invoice.buyer.get("email") or "")
    if recipient:
        yield draft(
            rows.organization,
            MailKind.INVOICE,
            subject=("invoice", invoice.id),
            recipient=recipient,
            language=invoice.language,
            invoice_id=invoice.id,
            customer_id=invoice.customer_id,
        )


def _payment_succeeded(rows: Rows, event: Event) -> Iterator[Mail]:
    yield from _to_payer(rows, event, MailKind.RECEIPT)
    yield from _to_staff(
        rows, rows.payments[event.subject_id], MailKind.PAYMENT_NOTICE, ("payment", event.subject_id)
    )


def _payment_pending(rows: Rows, event: Event) -> Iterator[Mail]:
    yield from _to_payer(rows, event, MailKind.PAYMENT_PENDING)


def _payment_failed(rows: Rows, event: Event) -> Iterator[Mail]:
    if event.subject_id in rows.bounced:
        yield from _to_payer(rows, event, MailKind.PAYMENT_FAILED)


def _refund_succeeded(rows: Rows, event: Event) -> Iterator[Mail]:
    yield from _to_payer(rows, event, MailKind.REFUND)


def _attention_raised(rows: Rows, event: Event) -> Iterator[Mail]:
    """About the task itself, so that two tasks about one payment are two mails."""
    task = rows.attention[str(event.data["kind"]), event.subject_id]
    yield from _to_staff(
        rows, rows.payments.get(event.subject_id), MailKind.ATTENTION, ("attention", task.id)
    )


_TELLERS: Final[Mapping[str, Callable[[Rows, Event], Iterator[Mail]]]] = {
    "invoice.issued": _invoice_issued,
    "payment.succeeded": _payment_succeeded,
    "payment.pending": _payment_pending,
    "payment.failed": _payment_failed,
    "refund.succeeded": _refund_succeeded,
    "attention.raised": _attention_raised,
}


def _to_payer(rows: Rows, event: Event, kind: MailKind) -> Iterator[Mail]:
    """To the customer's present address, else to that of the invoice; nobody is told where there is neither."""
    payment = rows.payments[event.subject_id]
    invoice, customer = payment.invoice, payment.customer
    recipient = customer.email or str((invoice.buyer.get("email") if invoice else "") or "")
    if recipient:
        yield draft(
            rows.organization,
            kind,
            subject=(event.subject_type, event.subject_id),
            recipient=recipient,
            language=invoice.language if invoice else customer.language,
            invoice_id=invoice.id if invoice else None,
            payment_id=payment.id,
            customer_id=customer.id,
        )


def _to_staff(
    rows: Rows, payment: Payment | None, kind: MailKind, subject: tuple[str, UUID]
) -> Iterator[Mail]:
    """One mail each, in their own language."""
    for person in rows.staff:
        yield draft(
            rows.organization,
            kind,
            subject=subject,
            recipient=person.email,
            language=person.language or rows.organization.language,
            invoice_id=payment.invoice_id if payment else None,
            payment_id=payment.id if payment else None,
            customer_id=payment.customer_id if payment else None,
        )
