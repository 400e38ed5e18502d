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
from allsquare.payments.resolving import open_anew


@retrying
def raise_again(
    *, organization: Organization, kind: str, subject: tuple[str, UUID], data: Data, actor: Actor
) -> bool:
    """As :func:`~allsquare.payments.services.raise_attention.raise_attention`, but where one was done there is a
    new one. Whether it was news: while it is open a repeat changes nothing."""
    require(organization, actor, Permission.SETTLE)
    about, subject_id = subject
    at = clock.now(organization)
    task, is_new = Attention.objects.select_for_update(no_key=True).get_or_create(
        organization=organization,
        kind=kind,
        subject_id=subject_id,
        defaults={"subject_type": about, "data": data, "created_at": at},
    )
    if is_new:
        news = News("attention.raised", about, subject_id, {"kind": kind, **data})
    elif task.resolved_at is None:
        return False
    else:
        news = open_anew(organization, kind, subject, data, at=at)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return True
