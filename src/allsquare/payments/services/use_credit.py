"""Credit that a customer has pays an invoice of theirs, under the locks and by the writes of the one door.

Credit names the payments that left it, and is used up payment by payment, the oldest first. So each allocation still
names a payment, and when that is given back or disputed it is known which invoice is open again (see
docs/decisions/0012).
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.idempotency import Answer, once
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.credit import payments_with_credit
from allsquare.payments.errors import InvalidPayment
from allsquare.payments.needless import close_needless, needless_pages
from allsquare.payments.settlement.spending import spend


def use_credit(
    *, organization: Organization, invoice_id: UUID, amount: Money, key: str, actor: Actor
) -> bool:
    """``amount`` of the customer's credit pays the invoice. Same key, same use: ``False`` says that it stands already.
    Pages that ask for more than is left then are closed, as far as they can be.

    Never less than asked: ``CreditGone`` when another clerk was faster. Raises ``InvoiceUnknown``,
    ``InvoiceNotPayable``, ``InvalidPayment``, ``PeriodClosed``, ``KeyReused``, ``KeyInvalid``.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS)
    if amount.minor <= 0:
        raise InvalidPayment(_("Enter an amount above zero."), field="amount")
    given = {"invoice": invoice_id, "amount": amount.minor, "currency": amount.currency.code}
    _answer, repeated = retried(
        lambda: once(
            organization_id=organization.id,
            operation="credit.use",
            key=key,
            given=given,
            at=clock.now(organization),
            work=partial(_use, organization, invoice_id, amount, actor),
        )
    )
    close_needless(organization, needless_pages(organization, invoice_id))
    return not repeated


def _use(organization: Organization, invoice_id: UUID, amount: Money, actor: Actor) -> Answer:
    found = Invoice.objects.filter(organization=organization, id=invoice_id).first()
    if found is None:
        raise InvoiceUnknown(_("There is no such invoice."))
    if found.currency != amount.currency.code:
        raise InvalidPayment(
            _("This invoice is in %(currency)s.") % {"currency": found.currency}, field="amount"
        )
    sources = payments_with_credit(organization, found.customer_id, found.currency)
    spend(organization, found, amount, sources, actor)
    return {"amount_minor": amount.minor}
