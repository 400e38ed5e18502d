"""An editor's draft: begun by the first saving, continued by every later one, however often it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack
from uuid import UUID

from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.update_draft import update_draft
from allsquare.billing.writing import draft_mark
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.idempotency import Answer, once
from allsquare.core.selectors import events_of
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


class Terms(TypedDict, total=False):
    """What ``create_draft`` takes beside customer and lines."""

    currency: str | None
    prices_include_tax: bool
    discount_percent: Decimal
    notes: str
    terms: str
    reference: str
    payment_days: int | None
    supplied_on: date | None


@retrying
def keep_draft(
    *,
    organization: Organization,
    key: str,
    customer_id: UUID,
    lines: Sequence[LineInput],
    actor: Actor,
    **terms: Unpack[Terms],
) -> Invoice:
    """``key`` names the editor in which the draft is written. Two savings at once, or one sent again because its
    answer was lost, are one draft; the later one's words stand.

    When somebody else changed the draft meanwhile nothing is written and ``DraftChanged`` is raised. Raises what
    ``create_draft`` and ``update_draft`` raise, and ``KeyInvalid``.
    """
    require(organization, actor, Permission.EDIT_INVOICES)
    begun: list[Invoice] = []

    def begin() -> Answer:
        begun.append(
            create_draft(
                organization=organization, customer_id=customer_id, lines=lines, actor=actor, **terms
            )
        )
        return {"invoice": str(begun[0].id), "mark": draft_mark(begun[0])}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="invoice.keep_draft",
        key=key,
        given={},
        at=clock.now(organization),
        work=begin,
    )
    if begun:
        return begun[0]
    invoice_id = UUID(str(answer["invoice"]))
    return update_draft(
        organization=organization,
        invoice_id=invoice_id,
        customer_id=customer_id,
        lines=lines,
        actor=actor,
        seen="" if _only_theirs(organization, invoice_id, actor) else str(answer["mark"]),
        **terms,
    )


def _only_theirs(organization: Organization, invoice_id: UUID, actor: Actor) -> bool:
    """Was it ``actor`` who changed the draft last? Their own later words may replace their earlier ones."""
    latest = events_of(organization.id, [invoice_id], limit=1)
    return bool(latest) and latest[0].actor_id == actor.id
