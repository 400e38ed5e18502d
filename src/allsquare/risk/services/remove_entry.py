"""An entry is taken off its list."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.risk.errors import EntryUnknown
from allsquare.risk.models import RiskEntry


@retrying
def remove_entry(*, organization: Organization, entry_id: UUID, actor: Actor) -> None:
    """Raises :class:`EntryUnknown`."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    found = RiskEntry.objects.filter(organization=organization, id=entry_id)
    row = found.select_for_update().first()
    if row is None:
        raise EntryUnknown(_("This is on no list (any more)."))
    facts: dict[str, object] = {"verdict": row.verdict, "entry_kind": row.kind}
    row.delete()
    news = News("risk_entry.removed", "risk_entry", entry_id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
