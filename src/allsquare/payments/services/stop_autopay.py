"""One invoice is not charged by itself, though its customer agreed for all."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.ids import new_id
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require, require_own
from allsquare.payments.autopay_plan import key_of
from allsquare.payments.errors import PaymentUnknown
from allsquare.payments.models import AutopayCharge

State = AutopayCharge.State


@retrying
def stop_autopay(*, organization: Organization, invoice_id: UUID, customer_id: UUID, actor: Actor) -> bool:
    """For good: a person may still ask for the money. Stopping twice changes nothing. Returns whether a charge is under
    way: that goes on, and no other follows it. Raises ``PaymentUnknown`` for an invoice that is not the customer's."""
    require(organization, actor, Permission.MANAGE_METHODS)
    require_own(actor, customer_id)
    invoice = (
        Invoice.objects.select_for_update(no_key=True)
        .filter(organization=organization, customer_id=customer_id, id=invoice_id)
        .first()
    )
    if invoice is None:
        raise PaymentUnknown(_("There is no such invoice."))
    charges = AutopayCharge.objects.filter(organization=organization, invoice=invoice)
    # An attempt that ends right now writes the next one: with its row locked, that is seen below, or never written.
    list(charges.select_for_update(no_key=True).values_list("id", flat=True))
    rows = list(charges.order_by("number"))
    is_charging = any(each.state == State.STARTED for each in rows)
    if charges.filter(state=State.PLANNED).update(state=State.STOPPED, reason="stopped"):
        _tell(organization, invoice, actor)
    elif not rows or (is_charging and rows[-1].state != State.STOPPED):
        _keep(organization, invoice, number=len(rows) + 1)
        _tell(organization, invoice, actor)
    return is_charging


def _keep(organization: Organization, invoice: Invoice, *, number: int) -> None:
    """A row that stands where the next attempt would."""
    name = new_id()
    AutopayCharge.objects.create(
        id=name,
        organization=organization,
        customer_id=invoice.customer_id,
        invoice=invoice,
        number=number,
        key=key_of(name),
        state=State.STOPPED,
        planned_on=invoice.due_on or clock.today(organization),
        reason="stopped",
        created_at=clock.now(organization),
    )


def _tell(organization: Organization, invoice: Invoice, actor: Actor) -> None:
    news = News("autopay.stopped", "invoice", invoice.id, {"number": invoice.number or ""})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
