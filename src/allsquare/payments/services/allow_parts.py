"""For one invoice it is agreed whether it may be paid in parts, whatever the organization's rule."""

from __future__ import annotations

from uuid import UUID

from allsquare.billing.locking import locked_invoice
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.models import PartTerms
from allsquare.payments.parts import own_terms


@retrying
def allow_parts(*, organization: Organization, invoice_id: UUID, allowed: bool | None, actor: Actor) -> bool:
    """``None`` gives the invoice back to the organization's rule. Says whether anything changed: asking twice changes
    nothing. Payments that were begun stay as they are. Raises ``InvoiceUnknown``."""
    require(organization, actor, Permission.EDIT_INVOICES)
    # The invoice is the queue: a payment that is begun meanwhile was begun under the rule before.
    invoice = locked_invoice(organization, invoice_id)
    if own_terms(organization, invoice) == allowed:
        return False
    at = clock.now(organization)
    if allowed is None:
        PartTerms.objects.filter(organization=organization, invoice=invoice).delete()
    else:
        PartTerms.objects.update_or_create(
            organization=organization, invoice=invoice, defaults={"allowed": allowed, "changed_at": at}
        )
    kind = {True: "parts_allowed", False: "parts_refused", None: "parts_as_usual"}[allowed]
    news = News(f"invoice.{kind}", "invoice", invoice.id, {"number": invoice.number})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return True
