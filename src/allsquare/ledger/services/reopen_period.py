"""A closed period takes entries again."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.errors import PeriodUnknown
from allsquare.ledger.models import Period


@retrying
def reopen_period(*, organization: Organization, period_id: UUID, actor: Actor) -> Period:
    """What was reported may not hold any more afterwards, so the log says who did it and when. Asking twice changes
    nothing. Raises ``PeriodUnknown``."""
    require(organization, actor, Permission.CLOSE_PERIODS)
    found = Period.objects.select_for_update(no_key=True).filter(organization=organization, id=period_id)
    period = found.first()
    if period is None:
        raise PeriodUnknown(_("There is no such period."))
    if period.closed_at is None:
        return period
    period.closed_at = None
    period.save(update_fields=["closed_at"])
    facts: dict[str, object] = {"starts_on": str(period.starts_on), "ends_on": str(period.ends_on)}
    news = News("period.reopened", "period", period.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return period
