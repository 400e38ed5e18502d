"""A person has looked at what no rule could decide."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.attention import BY_HAND, PAYMENT_REVIEW
from allsquare.payments.errors import TaskByItself, TaskUnknown
from allsquare.payments.models import Attention
from allsquare.payments.resolving import resolved


@retrying
def resolve_attention(*, organization: Organization, task_id: UUID, actor: Actor) -> Attention:
    """Mark the task as done. Asking twice changes nothing. Raises :class:`TaskUnknown`, and
    :class:`TaskByItself` for a payment that must be released or refused; one that was refused may have been given back
    another way."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    task = (
        Attention.objects.select_for_update(no_key=True).filter(organization=organization, id=task_id).first()
    )
    if task is None:
        raise TaskUnknown(_("There is no such task."))
    if task.kind == PAYMENT_REVIEW and not task.data.get("refused") and task.resolved_at is None:
        raise TaskByItself(_("This payment is released or refused on its own page."))
    if task.resolved_at is None:
        task.resolved_at = clock.now(organization)
        if task.kind == PAYMENT_REVIEW:
            task.data = {**task.data, BY_HAND: True}
        task.save(update_fields=["resolved_at", "data"])
        record(organization_id=organization.id, news=[resolved(task)], actor=actor, at=task.resolved_at)
    return task
