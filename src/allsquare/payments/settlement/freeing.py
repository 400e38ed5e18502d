"""What is paid too much after a credit note is customer credit: under the locks and by the writes of the one door.

The money stays with the payment that brought it, so that it can be given back by the way it came, and never more of it
than was captured. The caller holds the transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max, Sum

from allsquare.billing.states import after_cover
from allsquare.core.actor import Actor
from allsquare.core.ids import new_id
from allsquare.identity.models import Organization
from allsquare.ledger import memos
from allsquare.payments.models import Allocation, Payment
from allsquare.payments.postings import Context, credit_freed
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.locked import LockedInvoice, LockedPayment, lock
from allsquare.payments.settlement.standing import invoices_of, lock_invoices
from allsquare.payments.settlement.writing import written


@dataclass(frozen=True, slots=True)
class FreedPart:
    """``amount_minor`` of the payment, to be written as the fact ``freed_id`` once the credit note is there."""

    freed_id: UUID
    payment_id: UUID
    amount_minor: int


def lock_with_sources(organization: Organization, invoice_id: UUID) -> LockedInvoice | None:
    """The invoice, locked with those for which the money that counts towards it was paid: all invoices before all
    payments, as everywhere. Money can neither come to it nor go from it any more."""
    sources = Allocation.objects.filter(organization=organization, invoice_id=invoice_id)
    own = invoices_of(organization, sources.values_list("payment_id", flat=True).distinct())
    return lock_invoices(organization.id, {invoice_id, *own}).get(invoice_id)


def free(
    organization: Organization, invoice: LockedInvoice, surplus: int, *, credited: int, actor: Actor
) -> list[FreedPart]:
    """``surplus`` of what counts towards the locked invoice becomes credit, the latest payment first. ``credited`` is
    what the credit note, which is not there yet, takes back: the invoice's state is already the one after it, while
    what leaves it is worth in base currency what it was without the note, whose own base follows on it."""
    state = invoice.state
    counted = (
        Allocation.objects.filter(organization=organization, invoice_id=invoice.id)
        .values("payment_id")
        .annotate(amount=Sum("amount_minor"), latest=Max("created_at"))
        .filter(amount__gt=0)
        .order_by("-latest", "-payment_id")
    )
    amounts = {row["payment_id"]: row["amount"] for row in counted}
    first = Payment.objects.select_related("gateway_account").get(
        organization=organization, id=next(iter(amounts))
    )
    batch = Batch.begin(organization=organization, account=first.gateway_account, actor=actor)
    payments = lock(organization=organization, account=batch.account, payment_ids=list(amounts)).payments
    parts = []
    for payment_id, amount in amounts.items():
        part = min(surplus, amount)
        if part:
            parts.append(_free(batch, invoice, payments[payment_id], part))
            surplus -= part
    invoice.credited_minor += credited
    invoice.state = after_cover(
        state,
        total_minor=invoice.total_minor,
        paid_minor=invoice.paid_minor,
        credited_minor=invoice.credited_minor,
    )
    with written(committing=False):
        batch.write()
    return parts


def _free(batch: Batch, invoice: LockedInvoice, payment: LockedPayment, part: int) -> FreedPart:
    freed_id = new_id()
    credit_base = batch.to_base(part, payment.currency, batch.today)
    invoice_base = -batch.allocate(payment, -part, freed_id, invoice=invoice)
    batch.credit(payment, part, credit_base, "credit_note", freed_id)
    batch.entries.append(
        credit_freed(
            freed_id=freed_id,
            books=batch.books(payment),
            context=Context(
                date=batch.today,
                currency=payment.currency,
                customer_id=payment.customer_id,
                invoice_id=invoice.id,
                memo=memos.of_invoice(invoice.number, language=batch.organization.language),
            ),
            amount=part,
            credit_base=credit_base,
            invoice_base=invoice_base,
        )
    )
    return FreedPart(freed_id, payment.id, part)
