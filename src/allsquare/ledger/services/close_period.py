"""A span of booking dates is closed: what was reported for it stays as it was reported."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from allsquare.core import bulk, clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.formatting import format_date, spoken_language
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.errors import PeriodOverlaps
from allsquare.ledger.models import Period
from allsquare.ledger.models.journal import BOOKINGS_LOCK


@retrying
def close_period(*, organization: Organization, starts_on: date, ends_on: date, actor: Actor) -> Period:
    """Refuse entries dated from ``starts_on`` to ``ends_on``, both inclusive, from now on.

    Only days that are over can be closed: today's money must find an open period. Closing the same period
    again changes nothing. Raises ``FieldErrors``, ``PeriodOverlaps``.
    """
    require(organization, actor, Permission.CLOSE_PERIODS)
    _check(organization, starts_on, ends_on)
    _wait_for_bookings(organization)
    touching = Period.objects.filter(
        organization=organization, starts_on__lte=ends_on, ends_on__gte=starts_on, closed_at__isnull=False
    )
    for closed in touching:
        if (closed.starts_on, closed.ends_on) == (starts_on, ends_on):
            return closed
        raise PeriodOverlaps(
            _(
                "The period from %(first)s to %(last)s is closed already. Close only the days that it "
                "leaves open."
            )
            % {
                "first": format_date(closed.starts_on, spoken_language()),
                "last": format_date(closed.ends_on, spoken_language()),
            }
        )
    at = clock.now(organization)
    period, _is_new = Period.objects.update_or_create(
        organization=organization, starts_on=starts_on, defaults={"ends_on": ends_on, "closed_at": at}
    )
    facts: dict[str, object] = {"starts_on": str(starts_on), "ends_on": str(ends_on)}
    news = News("period.closed", "period", period.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return period


def _check(organization: Organization, starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise FieldErrors({"ends_on": _("A period ends on or after the day on which it starts.")})
    if ends_on >= clock.today(organization):
        raise FieldErrors(
            {"ends_on": _("A period can be closed when it is over: choose a day before today.")}
        )


def _wait_for_bookings(organization: Organization) -> None:
    """Let entries under way commit, and hold new ones back until this transaction ends.

    The database's guard reads committed periods: without this, an entry whose transaction began just before
    could slip into the period just after. Bookings of other organizations do not wait.
    """
    bulk.run(f"SELECT pg_advisory_xact_lock({BOOKINGS_LOCK.format('%s::uuid')})", [organization.id])
