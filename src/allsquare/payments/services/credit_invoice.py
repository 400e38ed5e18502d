"""A part of an issued invoice, or all of it, is taken back: a credit note, and what was paid too much is free.

One transaction under the invoice's lock: what its lines have left is asked, money that would be too much leaves the
invoice and is customer credit (see docs/decisions/0022), then the credit note is numbered, booked and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.crediting import Wanted, plan
from allsquare.billing.errors import InvoiceUnknown
from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.selectors import get_credit_note
from allsquare.billing.services.issue_credit_note import issue_credit_note
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.idempotency import Answer, once
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.crediting import CREDITING
from allsquare.payments.models import Freed
from allsquare.payments.needless import close_needless, needless_pages
from allsquare.payments.settlement.freeing import FreedPart, free, lock_with_sources


def credit_invoice(
    *,
    organization: Organization,
    invoice_id: UUID,
    wanted: Mapping[UUID, Wanted],
    reason: str,
    key: str,
    actor: Actor,
) -> CreditNote:
    """``wanted``: what is taken back of which line. Same key, same credit note.

    Pages of providers that ask a payer for more than is left to pay are closed afterwards, as far as they can be.

    Never more than the lines have left, however many clerks credit at once. Raises ``InvoiceUnknown``,
    ``NotCreditable``, ``FieldErrors``, ``PeriodClosed``, ``KeyReused``, ``KeyInvalid``.
    """
    require(organization, actor, Permission.ISSUE_CREDIT_NOTES)
    given = {
        "invoice": invoice_id,
        "lines": {str(line): [str(each.quantity), each.amount_minor] for line, each in wanted.items()},
        "reason": reason,
    }
    answer, _repeated = retried(
        lambda: once(
            organization_id=organization.id,
            operation=CREDITING,
            key=key,
            given=given,
            at=clock.now(organization),
            work=partial(_credit, organization, invoice_id, wanted, reason, actor),
        )
    )
    note = get_credit_note(organization, UUID(str(answer["credit_note"])))
    close_needless(organization, needless_pages(organization, invoice_id))
    return note


def _credit(
    organization: Organization, invoice_id: UUID, wanted: Mapping[UUID, Wanted], reason: str, actor: Actor
) -> Answer:
    locked = lock_with_sources(organization, invoice_id)
    if locked is None:
        raise InvoiceUnknown(_("There is no such invoice."))
    invoice = Invoice.objects.get(organization=organization, id=invoice_id)
    planned = plan(organization, invoice, wanted)
    parts: list[FreedPart] = []
    if planned.surplus_minor:
        parts = free(organization, locked, planned.surplus_minor, credited=planned.total_minor, actor=actor)
        invoice.refresh_from_db(fields=["state", "paid_minor"])
    note = issue_credit_note(
        organization=organization, invoice=invoice, planned=planned, reason=reason, actor=actor
    )
    Freed.objects.bulk_create(
        Freed(
            id=part.freed_id,
            organization=organization,
            credit_note=note,
            payment_id=part.payment_id,
            amount_minor=part.amount_minor,
            created_at=note.created_at,
        )
        for part in parts
    )
    return {"credit_note": str(note.id)}
