"""One entry on the lists, whoever puts it there."""

from __future__ import annotations

from datetime import datetime

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.risk.models import RiskEntry


def put(
    *,
    organization: Organization,
    verdict: str,
    kind: str,
    found: bytes,
    shown: str,
    note: str,
    actor: Actor,
    until: datetime | None = None,
) -> RiskEntry:
    """Inside the transaction of a service that checked. A repeat changes nothing but when it ends (``until``): later,
    and never for what stood there without an end, or shall now."""
    at = clock.now(organization)
    row, is_new = RiskEntry.objects.get_or_create(
        organization=organization,
        mark=found,
        defaults={
            "verdict": verdict,
            "kind": kind,
            "shown": shown,
            "note": note,
            "created_at": at,
            "until": until,
        },
    )
    if not is_new and row.verdict == verdict:
        ends = max(row.until, until) if row.until and until else None
        if ends != row.until:
            row.until = ends
            row.save(update_fields=["until"])
        return row
    if not is_new:
        row.verdict, row.note, row.created_at, row.until = verdict, note or row.note, at, until
        row.save(update_fields=["verdict", "note", "created_at", "until"])
    facts: dict[str, object] = {"verdict": verdict, "entry_kind": kind}
    news = News("risk_entry.added", "risk_entry", row.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return row
