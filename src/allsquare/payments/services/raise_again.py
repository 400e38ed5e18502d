"""A task for a person that comes up whenever its cause does, though it was done before."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.models import Attention


@retrying
def raise_again(
    *, organization: Organization, kind: str, subject: tuple[str, UUID], data: Data, actor: Actor
) -> bool:
    """As :func:`~allsquare.payments.services.raise_attention.raise_attention`, but one that was done is opened again.
    Whether it was news: while it is open a repeat changes nothing."""
    require(organization, actor, Permission.SETTLE)
    about, subject_id = subject
    at = clock.now(organization)
    task, is_new = Attention.objects.select_for_update(no_key=True).get_or_create(
        organization=organization,
        kind=kind,
        subject_id=subject_id,
        defaults={"subject_type": about, "data": data, "created_at": at},
    )
    if not is_new:
        if task.resolved_at is None:
            return False
        task.data, task.created_at, task.resolved_at = data, at, None
        task.save(update_fields=["data", "created_at", "resolved_at"])
    news = News("attention.raised", about, subject_id, {"kind": kind, **data})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return True
