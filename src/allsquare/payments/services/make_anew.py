"""A payment that a provider has and these books do not is made from what our own request had told the provider.

After a restore the backup does not know it; or it was lost by other means. It is made under the old attempt's id, so
that its invoice is paid and nobody can be asked for that money again.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.attention import LOST_INVOICE, facts_of
from allsquare.payments.errors import OutcomeUnmatched
from allsquare.payments.gateway_abilities import Sighting
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.plan import next_check
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.states import PaymentState


def make_anew(
    *,
    organization: Organization,
    gateway_account: GatewayAccount,
    sighting: Sighting,
    key: UUID,
    actor: Actor,
) -> Payment:
    """Payment and attempt as they were, not settled yet, inside the caller's transaction. Without the invoice that was
    asked for the money becomes the customer's credit, and a person is told.

    Raises :class:`OutcomeUnmatched` when the customer is not known either.
    """
    require(organization, actor, Permission.SETTLE)
    invoice = Invoice.objects.filter(organization=organization, id=_id(sighting.labels, "invoice")).first()
    customer_id = invoice.customer_id if invoice else _id(sighting.labels, "customer")
    known = Customer.objects.filter(organization=organization, id=customer_id).exists()
    if not known or sighting.asked is None or sighting.method is None:
        raise OutcomeUnmatched(_("The customer of this charge is not in the backup."))
    at = sighting.outcome.happened_at or clock.now(organization)
    payment = Payment.objects.create(
        organization=organization,
        customer_id=customer_id,
        invoice=invoice,
        gateway_account=gateway_account,
        gateway=gateway_account.gateway,
        method=sighting.method,
        currency=sighting.asked.currency.code,
        amount_minor=sighting.asked.minor,
        key=f"restored:{key}",
        input_hash=b"",
        created_at=at,
        next_check_at=next_check(PaymentState.STARTED, checks=0, now=clock.now(None)),
    )
    PaymentAttempt.objects.create(id=key, organization=organization, payment=payment, started_at=at)
    facts: Data = {
        "invoice": str(invoice.id) if invoice else None,
        "invoice_number": invoice.number if invoice else None,
        "customer": str(customer_id),
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "gateway": payment.gateway,
        "method": payment.method,
        "restored": True,
    }
    news = News("payment.started", "payment", payment.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    if invoice is None and sighting.labels.get("invoice"):
        raise_attention(
            organization=organization,
            kind=LOST_INVOICE,
            subject=("gateway_account", key),
            data=facts_of(gateway_account.label, sighting),
            actor=actor,
        )
    return payment


def _id(labels: Mapping[str, str], name: str) -> UUID:
    """An id that nothing has when the label is missing, or not ours."""
    try:
        return UUID(labels.get(name, ""))
    except ValueError:
        return UUID(int=0)
