"""Credit that payments left pays an invoice: under the locks and by the writes of the one door.

The caller holds the transaction.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.states import OPEN_STATES
from allsquare.core.actor import Actor
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.ledger import memos
from allsquare.payments.errors import CreditGone, InvoiceNotPayable
from allsquare.payments.models import Payment
from allsquare.payments.postings import Context, credit_used
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.locked import LockedInvoice, LockedPayment, lock
from allsquare.payments.settlement.standing import Returnable, invoices_of, lock_invoices, returnable
from allsquare.payments.settlement.writing import written


def spend(
    organization: Organization, found: Invoice, amount: Money, sources: list[Payment], actor: Actor
) -> None:
    """Credit that ``sources`` left pays ``amount`` of the invoice, inside the caller's transaction.

    Raises ``InvoiceNotPayable``, ``CreditGone``.
    """
    # All invoices before all payments, as everywhere: those that the payments were made for are locked with them.
    own = invoices_of(organization, [payment.id for payment in sources])
    invoice = lock_invoices(organization.id, {found.id, *own})[found.id]
    _check_open(invoice, amount)
    if not sources:
        raise _gone(Money(0, amount.currency))
    batch = Batch.begin(organization=organization, account=sources[0].gateway_account, actor=actor)
    _spend(batch, invoice, amount, sources)
    with written(committing=False):
        batch.write()


def _check_open(invoice: LockedInvoice, amount: Money) -> None:
    if invoice.state not in OPEN_STATES:
        raise InvoiceNotPayable(
            _("An invoice that is %(state)s takes no credit.") % {"state": invoice.state.word}
        )
    if invoice.open_minor < amount.minor:
        left = Money(invoice.open_minor, amount.currency)
        raise CreditGone(
            _("Only %(left)s of the invoice is open. Nothing was used.")
            % {"left": format_money(left, spoken_language())}
        )


def _spend(batch: Batch, invoice: LockedInvoice, amount: Money, sources: list[Payment]) -> None:
    """Payment by payment, the oldest first; read again now that they are locked."""
    locked = lock(
        organization=batch.organization,
        account=batch.account,
        payment_ids=[payment.id for payment in sources],
    )
    payments = sorted(locked.payments.values(), key=lambda payment: payment.id)
    standing = returnable(batch, payments)
    wanted = amount.minor
    for payment in payments:
        part = min(wanted, _usable(payment, standing[payment.id]))
        if part > 0:
            _pay(batch, invoice, payment, standing[payment.id], part)
            wanted -= part
    if wanted:
        raise _gone(Money(amount.minor - wanted, amount.currency))


def _usable(payment: LockedPayment, standing: Returnable) -> int:
    """Its free credit, without what is on its way back or disputed: that is taken from the credit first."""
    return max(min(standing.credit, payment.left_minor), 0)


def _pay(
    batch: Batch, invoice: LockedInvoice, payment: LockedPayment, standing: Returnable, part: int
) -> None:
    use_id = new_id()
    credit_base = standing.take_credit(part)
    invoice_base = batch.allocate(payment, part, use_id, invoice=invoice)
    batch.credit(payment, -part, -credit_base, "used", use_id)
    batch.entries.append(
        credit_used(
            use_id=use_id,
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
    facts: dict[str, object] = {
        "number": invoice.number,
        "amount_minor": part,
        "currency": payment.currency,
        "payment": str(payment.id),
    }
    batch.tell("invoice.credit_used", "invoice", invoice.id, facts)


def _gone(left: Money) -> CreditGone:
    return CreditGone(
        _("Only %(left)s of the customer's credit is left to use. Nothing was used.")
        % {"left": format_money(left, spoken_language())}
    )
