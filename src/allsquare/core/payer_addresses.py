"""The network address of a payer is kept beside what it was seen at, and not in it: events and consents stay for ever,
and the hashes of the log hold what stands in them; an address has its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from allsquare.core import bulk
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.models import PayerAddress

#: Of one round; the next comes within the hour.
MOST: Final = 20_000


def lasting(actor: Actor) -> str:
    """What is written for ever: of colleagues, whose acts a business must be able to trace, and of no payer."""
    return "" if actor.kind is ActorKind.CUSTOMER else actor.address


def keep(*, organization_id: UUID, subject_ids: Sequence[UUID], actor: Actor, at: datetime) -> None:
    """Inside the transaction that writes the subjects. Nothing for whose address :func:`lasting` gives."""
    if actor.kind is not ActorKind.CUSTOMER or not actor.address:
        return
    bulk.insert(
        "payer_address",
        {"subject_id": ("uuid", [*subject_ids])},
        same={
            "organization_id": ("uuid", organization_id),
            "address": ("text", actor.address[:64]),
            "at": ("timestamptz", at),
        },
    )


def known(organization_id: UUID, subject_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Those that are still kept."""
    found = PayerAddress.objects.filter(organization_id=organization_id, subject_id__in=subject_ids)
    return dict(found.values_list("subject_id", "address"))


def forget(organization_id: UUID, before: datetime) -> int:
    """At most ``MOST`` of the oldest; returns how many."""
    mine = PayerAddress.objects.filter(organization_id=organization_id)
    old = mine.filter(at__lt=before).order_by("at").values("subject_id")[:MOST]
    return mine.filter(subject_id__in=old).delete()[0]
