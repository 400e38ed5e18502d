"""An invoice is made void unless somebody is paying it at this moment."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.money import Money
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import PaymentUnderWay
from allsquare.payments.needless import close_needless, close_soon, needless_pages
from allsquare.payments.selectors import payments_under_way


def void_unpaid(
    *, organization: Organization, invoice_id: UUID, reason: str, actor: Actor, joining: bool = False
) -> Invoice:
    """As :func:`~allsquare.billing.services.void.void`, which knows of no payments; pages of providers where the
    invoice could still be paid are closed afterwards. ``joining`` a transaction of the caller's, the next sweep does
    that, since no provider may be called inside one.

    Raises ``PaymentUnderWay`` and what ``void`` raises.
    """
    require(organization, actor, Permission.VOID_INVOICES)
    voided = _void(organization=organization, invoice_id=invoice_id, reason=reason, actor=actor)
    pages = needless_pages(organization, invoice_id)
    if joining:
        close_soon(organization, [page.id for page in pages])
    else:
        close_needless(organization, pages)
    return voided


@retrying
def _void(*, organization: Organization, invoice_id: UUID, reason: str, actor: Actor) -> Invoice:
    """The invoice is locked before its payments are asked for, and payments are begun under the same lock: none can
    begin in between."""
    Invoice.objects.select_for_update(no_key=True).filter(organization=organization, id=invoice_id).first()
    payment = next(iter(payments_under_way(organization, [invoice_id])), None)
    if payment is not None:
        amount = Money(payment.amount_minor, currency(payment.currency))
        raise PaymentUnderWay(
            _("A payment of %(amount)s is under way. Wait for its answer, then decide.")
            % {"amount": format_money(amount, spoken_language())}
        )
    return void(organization=organization, invoice_id=invoice_id, reason=reason, actor=actor)
