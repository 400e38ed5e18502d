"""The clock of a rehearsal is moved forward, so that months of business can be tried in a minute."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.errors import NotInRehearsal
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

#: Further ahead than this nobody learns anything, and certificates and currencies end.
FURTHEST: Final = timedelta(days=3660)


class Stride(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@retrying
def move_clock(*, organization: Organization, stride: Stride, seen: timedelta, actor: Actor) -> timedelta:
    """By how much it moved. ``seen`` is the offset that the person saw: when it is another by now somebody moved the
    clock meanwhile (or pressed twice), and nothing happens.

    A month is a calendar month of the organization's zone; the 31st becomes the last day. Raises ``NotInRehearsal``
    and ``InvalidInput``. ``organization`` itself has the new time afterwards.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    row = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    if not row.rehearsal:
        raise NotInRehearsal(_("Only a rehearsal has a clock that can be moved. Real time passes by itself."))
    before = clock.now(row)
    by = _stride(clock.local(row, before), stride) if row.clock_offset == seen else timedelta(0)
    if row.clock_offset + by > FURTHEST:
        raise InvalidInput(_("The clock is ten years ahead already. Start another rehearsal."))
    organization.clock_offset = row.clock_offset = row.clock_offset + by
    if not by:
        return by
    row.save(update_fields=["clock_offset"])
    at = clock.now(row)
    facts: dict[str, object] = {"stride": stride.value, "to": at.isoformat(timespec="seconds")}
    news = News("clock.moved", "organization", organization.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return by


def _stride(local: datetime, stride: Stride) -> timedelta:
    """Counted on the wall clock, so that the hour stays over a change to summer time."""
    match stride:
        case Stride.DAY:
            later = local + timedelta(days=1)
        case Stride.WEEK:
            later = local + timedelta(weeks=1)
        case Stride.MONTH:
            year, month = divmod(local.year * 12 + local.month, 12)
            last = calendar.monthrange(year, month + 1)[1]
            later = local.replace(year=year, month=month + 1, day=min(local.day, last))
    return later.astimezone(UTC) - local.astimezone(UTC)
