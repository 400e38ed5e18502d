"""When an organization charges by agreement, and how long before it says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.autopay_plan import LONGEST_WAIT, MOST_ATTEMPTS, Plan, checked_days
from allsquare.payments.errors import InvalidPlan
from allsquare.payments.models import AutopayPlan

MOST_NOTICE: Final = 30


@retrying
def change_autopay_plan(
    *, organization: Organization, days: Sequence[int], notice_days: int, actor: Actor
) -> Plan:
    """For attempts that are not planned yet. Raises ``InvalidPlan`` naming the field."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    try:
        found = checked_days(days)
    except ValueError as error:
        raise InvalidPlan(
            _(
                "Give one to %(most)s days after the due date, each later than the one before, up to %(longest)s. "
                "Such as: 0, 3, 7."
            )
            % {"most": MOST_ATTEMPTS, "longest": LONGEST_WAIT},
            field="days",
        ) from error
    if not 0 <= notice_days <= MOST_NOTICE:
        raise InvalidPlan(
            _("Give a number of days from 0 to %(most)s.") % {"most": MOST_NOTICE}, field="notice_days"
        )
    row, made = AutopayPlan.objects.get_or_create(
        organization=organization, defaults={"days": list(found), "notice_days": notice_days}
    )
    if not made:
        if (tuple(row.days), row.notice_days) == (found, notice_days):
            return Plan(found, notice_days)
        row.days, row.notice_days = list(found), notice_days
        row.save(update_fields=["days", "notice_days"])
    facts: dict[str, object] = {"days": list(found), "notice_days": notice_days}
    news = News("autopay_plan.changed", "organization", organization.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return Plan(found, notice_days)
