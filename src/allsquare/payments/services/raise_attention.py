"""A task for a person is raised by whoever found that no rule can decide."""

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
def raise_attention(
    *, organization: Organization, kind: str, subject: tuple[str, UUID], data: Data, actor: Actor
) -> None:
    """Once for each ``kind`` and ``subject`` (a table's short name and a row's id): a repeat changes nothing. The
    event tells owners and administrators by mail."""
    require(organization, actor, Permission.SETTLE)
    about, subject_id = subject
    at = clock.now(organization)
    _row, is_new = Attention.objects.get_or_create(
        organization=organization,
        kind=kind,
        subject_id=subject_id,
        defaults={"subject_type": about, "data": data, "created_at": at},
    )
    if is_new:
        news = News("attention.raised", about, subject_id, {"kind": kind, **data})
        record(organization_id=organization.id, news=[news], actor=actor, at=at)
