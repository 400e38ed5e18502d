"""One entry on the lists, whoever puts it there."""

from __future__ import annotations

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
) -> RiskEntry:
    """Inside the transaction of a service that checked. A repeat changes nothing."""
    at = clock.now(organization)
    row, is_new = RiskEntry.objects.get_or_create(
        organization=organization,
        mark=found,
        defaults={"verdict": verdict, "kind": kind, "shown": shown, "note": note, "created_at": at},
    )
    if not is_new and row.verdict == verdict:
        return row
    if not is_new:
        row.verdict, row.note, row.created_at = verdict, note or row.note, at
        row.save(update_fields=["verdict", "note", "created_at"])
    facts: dict[str, object] = {"verdict": verdict, "entry_kind": kind}
    news = News("risk_entry.added", "risk_entry", row.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return row
