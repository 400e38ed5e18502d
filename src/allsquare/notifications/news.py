"""Who is to be told of which news: events in, mails out, with a fixed number of queries per batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from allsquare.billing.models import CreditNote, Invoice
from allsquare.core.models import Event
from allsquare.customers.models import Contact
from allsquare.customers.selectors import Post, recipients
from allsquare.identity.models import Organization, Person
from allsquare.identity.selectors import people_told_of_payments
from allsquare.notifications.drafts import draft
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Enclosure, Mail
from allsquare.payments.attention import DISPUTE_WON_AFTER_ALL
from allsquare.payments.autopay_plan import is_by_agreement
from allsquare.payments.gateway import SAID_BY_PERSON, MethodKind
from allsquare.payments.models import Attention, Dispute, Payment, Refund


@dataclass(frozen=True, slots=True)
class Rows:
    """What a batch of news of one organization speaks of, by id. ``payments`` are also known by their refunds and
    disputes; ``bounced`` are those that had been pending before they failed. ``contacts`` get such mail instead of
    their customer's own address."""

    organization: Organization
    staff: Sequence[Person]
    invoices: Mapping[UUID, Invoice]
    credit_notes: Mapping[UUID, CreditNote]
    payments: Mapping[UUID, Payment]
    attention: Mapping[tuple[str, UUID], Attention]
    bounced: frozenset[UUID]
    contacts: Mapping[Post, Mapping[UUID, Sequence[Contact]]]
    enclosures: Mapping[UUID, Enclosure]


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
    notes = CreditNote.objects.filter(organization=organization, id__in=ids("credit_note"))
    found_notes = {row.id: row for row in notes.select_related("customer", "invoice")}
    tasks = [event.subject_id for event in news if event.kind in ("attention.raised", "dispute.won")]
    found_invoices = {row.id: row for row in invoices.select_related("customer")}
    found_payments = {
        **{row.id: row for row in payments.select_related("customer", "invoice")},
        **{row.id: row.payment for row in refunds.select_related(*behind)},
        **{row.id: row.payment for row in disputes.select_related(*behind)},
    }
    billed = {row.customer_id for row in found_invoices.values()}
    billed |= {row.customer_id for row in found_notes.values()}
    paying = {row.customer_id for row in found_payments.values()}
    return Rows(
        organization=organization,
        staff=people_told_of_payments(organization),
        invoices=found_invoices,
        credit_notes=found_notes,
        payments=found_payments,
        attention={
            (row.kind, row.subject_id): row
            for row in Attention.objects.filter(organization=organization, subject_id__in=tasks)
        },
        bounced=_bounced(
            organization, [event.subject_id for event in news if event.kind == "payment.failed"]
        ),
        contacts={
            Post.INVOICES: recipients(organization, billed, Post.INVOICES),
            Post.RECEIPTS: recipients(organization, paying, Post.RECEIPTS),
        },
        enclosures=_enclosures(organization, found_invoices),
    )


def _enclosures(organization: Organization, issued: Collection[UUID]) -> dict[UUID, Enclosure]:
    """By invoice."""
    if not issued:
        return {}
    found = Enclosure.objects.filter(organization=organization, invoice_id__in=list(issued))
    return {row.invoice_id: row for row in found}


def _bounced(organization: Organization, failed: Sequence[UUID]) -> frozenset[UUID]:
    """Which of the ``failed`` payments the payer believes to be under way. One that failed at once was seen to."""
    if not failed:
        return frozenset()
    before = Event.objects.filter(
        organization_id=organization.id, subject_id__in=failed, kind="payment.pending"
    )
    return frozenset(before.values_list("subject_id", flat=True))


def _invoice_issued(rows: Rows, event: Event) -> Iterator[Mail]:
    """To the contacts who get invoices, else to the address that was frozen into the invoice. Copies go with the first
    of these mails: nobody gets two."""
    invoice = rows.invoices[event.subject_id]
    added = rows.enclosures.get(invoice.id)
    copies = added.copies if added else []
    own_address = str(invoice.buyer.get("email") or "")
    for address, language in _addressees(
        rows, invoice.customer_id, Post.INVOICES, own_address, invoice.language
    ):
        yield draft(
            rows.organization,
            MailKind.INVOICE,
            subject=("invoice", invoice.id),
            recipient=address,
            language=language,
            invoice_id=invoice.id,
            customer_id=invoice.customer_id,
            copies=copies,
            note=added.note if added else "",
        )
        copies = []


def _credit_note_issued(rows: Rows, event: Event) -> Iterator[Mail]:
    """To whoever gets invoices: it corrects one."""
    note = rows.credit_notes[event.subject_id]
    own_address = note.customer.email or str(note.invoice.buyer.get("email") or "")
    for address, language in _addressees(
        rows, note.customer_id, Post.INVOICES, own_address, note.invoice.language
    ):
        yield draft(
            rows.organization,
            MailKind.CREDIT_NOTE,
            subject=("credit_note", note.id),
            recipient=address,
            language=language,
            invoice_id=note.invoice_id,
            customer_id=note.customer_id,
        )


def _addressees(
    rows: Rows, customer_id: UUID, post: Post, own_address: str, language: str
) -> Iterator[tuple[str, str]]:
    """Address and language of everybody who is to be told; nobody is where no address is known."""
    contacts = rows.contacts[post].get(customer_id)
    if contacts:
        yield from ((contact.email, contact.language or language) for contact in contacts)
    elif own_address:
        yield own_address, language


def _payment_succeeded(rows: Rows, event: Event) -> Iterator[Mail]:
    yield from _to_payer(rows, event, MailKind.RECEIPT)
    yield from _to_staff(
        rows, rows.payments[event.subject_id], MailKind.PAYMENT_NOTICE, ("payment", event.subject_id)
    )


def _payment_pending(rows: Rows, event: Event) -> Iterator[Mail]:
    """Of a debit, on which banks work for days. A transfer that the payer sends by themselves is in nobody's hands but
    theirs; of one that a provider takes they hear what is missing. Of a card or PayPal no bank was asked: it waits for
    the provider's word, and the page says so."""
    if event.data.get("method") == MethodKind.BANK_DEBIT:
        yield from _to_payer(rows, event, MailKind.PAYMENT_PENDING)


def _transfer_waits(rows: Rows, event: Event) -> Iterator[Mail]:
    """The account to send it to, and again with what is missing after each part."""
    if event.data.get("method") == MethodKind.BANK_TRANSFER:
        yield from _to_payer(rows, event, MailKind.TRANSFER, about=("event", event.id))


def _payment_failed(rows: Rows, event: Event) -> Iterator[Mail]:
    """One that was charged by agreement is told of with what happens next: see ``saved_news``. Of what a colleague said
    that it did not come no bank said why: they may write themselves."""
    if event.data.get("code") == SAID_BY_PERSON:
        return
    if event.subject_id in rows.bounced and not is_by_agreement(rows.payments[event.subject_id].key):
        yield from _to_payer(rows, event, MailKind.PAYMENT_FAILED)


def _refund_succeeded(rows: Rows, event: Event) -> Iterator[Mail]:
    """Not of one that its provider holds: the payer has nothing of it yet."""
    if not event.data.get("held"):
        yield from _to_payer(rows, event, MailKind.REFUND)


def _dispute_won(rows: Rows, event: Event) -> Iterator[Mail]:
    """Of what was won after it had been lost, a task tells what is to be done with the money."""
    if (DISPUTE_WON_AFTER_ALL, event.subject_id) not in rows.attention:
        payment = rows.payments[event.subject_id]
        yield from _to_staff(rows, payment, MailKind.DISPUTE_WON, ("dispute", event.subject_id))


def _attention_raised(rows: Rows, event: Event) -> Iterator[Mail]:
    """About the task itself, so that two tasks about one payment are two mails. Of one that gave way to a task of
    another kind before this was read, nobody needs to hear."""
    task = rows.attention.get((str(event.data["kind"]), event.subject_id))
    if task is not None:
        payment = rows.payments.get(event.subject_id)
        yield from _to_staff(rows, payment, MailKind.ATTENTION, ("attention", task.id))


_TELLERS: Final[Mapping[str, Callable[[Rows, Event], Iterator[Mail]]]] = {
    "invoice.issued": _invoice_issued,
    "credit_note.issued": _credit_note_issued,
    "payment.succeeded": _payment_succeeded,
    "payment.pending": _payment_pending,
    "payment.needs_action": _transfer_waits,
    "payment.part_arrived": _transfer_waits,
    "payment.failed": _payment_failed,
    "refund.succeeded": _refund_succeeded,
    "dispute.won": _dispute_won,
    "attention.raised": _attention_raised,
}


def _to_payer(
    rows: Rows, event: Event, kind: MailKind, *, about: tuple[str, UUID] | None = None
) -> Iterator[Mail]:
    """To the contacts who get receipts, else to the customer's present address, else to that of the invoice."""
    payment = rows.payments[event.subject_id]
    invoice, customer = payment.invoice, payment.customer
    own_address = customer.email or str((invoice.buyer.get("email") if invoice else "") or "")
    spoken = invoice.language if invoice else customer.language
    for address, language in _addressees(rows, customer.id, Post.RECEIPTS, own_address, spoken):
        yield draft(
            rows.organization,
            kind,
            subject=about or (event.subject_type, event.subject_id),
            recipient=address,
            language=language,
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
