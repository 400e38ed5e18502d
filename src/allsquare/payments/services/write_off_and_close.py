"""An invoice is written off, and nobody can pay it on a page that was left open."""

from __future__ import annotations

from uuid import UUID

from allsquare.billing.models import WriteOff
from allsquare.billing.services.write_off import write_off
from allsquare.core.actor import Actor
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.needless import close_needless, needless_pages


def write_off_and_close(
    *, organization: Organization, invoice_id: UUID, reason: str, tax_relief: bool, actor: Actor
) -> WriteOff:
    """As :func:`~allsquare.billing.services.write_off.write_off`, which knows of no payments and whose errors this
    raises too; then pages of providers that wait for its payer are closed, as far as they can be. What is under way
    goes on: should it come, it becomes customer credit, and a person is told."""
    require(organization, actor, Permission.WRITE_OFF)
    made = write_off(
        organization=organization, invoice_id=invoice_id, reason=reason, tax_relief=tax_relief, actor=actor
    )
    close_needless(organization, needless_pages(organization, invoice_id))
    return made
