"""Reading long questions to providers, and how the inbox of each account is doing. The organization comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.payments.errors import InquiryUnknown
from allsquare.payments.gateway import Capability
from allsquare.payments.models import Difference, GatewayAccount, InboxEvent, Inquiry
from allsquare.payments.registry import adapters_with
from allsquare.payments.selectors import gateway_accounts
from allsquare.payments.states import InboxState

#: Days of the inbox that are counted one by one.
DAYS: Final = 7
#: Differences that a page shows.
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Lag:
    """The inbox of one account: ``waiting`` since ``oldest``, and what is ``parked`` for a person."""

    account: GatewayAccount
    waiting: int
    parked: int
    oldest: datetime | None
    now: datetime
    can_compare: bool
    can_replay: bool

    @property
    def seconds(self) -> int:
        """The age of what waits longest."""
        return max(0, int((self.now - self.oldest).total_seconds())) if self.oldest else 0


@dataclass(frozen=True, slots=True)
class InboxDay:
    """What came on a day, and what became of it."""

    day: date
    came: int
    waiting: int
    parked: int


def lags(organization: Organization) -> list[Lag]:
    """Of every account that gets news or can be asked, in two statements."""
    asked = adapters_with(Capability.HISTORY) | adapters_with(Capability.REPLAY)
    asked |= adapters_with(Capability.WEBHOOKS)
    counted: dict[UUID, Mapping[str, Any]] = {
        row["gateway_account_id"]: row
        for row in InboxEvent.objects.filter(organization=organization)
        .exclude(state=InboxState.DONE)
        .values("gateway_account_id")
        .annotate(
            waiting=Count("id", filter=Q(state=InboxState.RECEIVED)),
            parked=Count("id", filter=Q(state=InboxState.PARKED)),
            oldest=Min("received_at", filter=Q(state=InboxState.RECEIVED)),
        )
    }
    now = clock.now(None)
    return [
        _lag(account, counted.get(account.id, {}), now)
        for account in gateway_accounts(organization)
        if account.gateway in asked
    ]


def lag_of(organization: Organization, account: GatewayAccount) -> Lag:
    """As :func:`lags`."""
    row = (
        InboxEvent.objects.filter(organization=organization, gateway_account=account)
        .exclude(state=InboxState.DONE)
        .aggregate(
            waiting=Count("id", filter=Q(state=InboxState.RECEIVED)),
            parked=Count("id", filter=Q(state=InboxState.PARKED)),
            oldest=Min("received_at", filter=Q(state=InboxState.RECEIVED)),
        )
    )
    return _lag(account, row, clock.now(None))


def inbox_days(organization: Organization, account: GatewayAccount) -> list[InboxDay]:
    """Of the last days on which something came, by the organization's zone, newest first."""
    since = clock.now(None) - timedelta(days=DAYS)
    found = (
        InboxEvent.objects.filter(organization=organization, gateway_account=account, received_at__gte=since)
        .annotate(day=TruncDate("received_at", tzinfo=ZoneInfo(organization.time_zone)))
        .values("day")
        .annotate(
            came=Count("id"),
            waiting=Count("id", filter=Q(state=InboxState.RECEIVED)),
            parked=Count("id", filter=Q(state=InboxState.PARKED)),
        )
        .order_by("-day")
    )
    return [InboxDay(row["day"], row["came"], row["waiting"], row["parked"]) for row in found]


def get_inquiry(organization: Organization, inquiry_id: UUID) -> Inquiry:
    """Raises :class:`InquiryUnknown`."""
    mine = Inquiry.objects.filter(organization=organization, id=inquiry_id)
    found = mine.select_related("gateway_account").first()
    if found is None:
        raise InquiryUnknown(_("There is no such comparison."))
    return found


def inquiries_of(organization: Organization, account: GatewayAccount, *, limit: int = 20) -> list[Inquiry]:
    """The newest first."""
    mine = Inquiry.objects.filter(organization=organization, gateway_account=account)
    return list(mine.order_by("-id")[:limit])


def differences_of(
    organization: Organization, inquiry: Inquiry, *, limit: int | None = MOST
) -> list[Difference]:
    """What stays first, in the order in which it was found. All of them without a ``limit``."""
    mine = Difference.objects.filter(organization=organization, inquiry=inquiry)
    return list(mine.order_by("mended", "id")[:limit])


def _lag(account: GatewayAccount, row: Mapping[str, Any], now: datetime) -> Lag:
    return Lag(
        account=account,
        waiting=row.get("waiting", 0),
        parked=row.get("parked", 0),
        oldest=row.get("oldest"),
        now=now,
        can_compare=account.gateway in adapters_with(Capability.HISTORY),
        can_replay=account.gateway in adapters_with(Capability.REPLAY),
    )


def whole_days(organization: Organization, first: date, last: date) -> tuple[datetime, datetime]:
    """From the beginning of one day to the end of another, where the organization keeps its books."""
    zone = ZoneInfo(organization.time_zone)
    return datetime.combine(first, time.min, zone), datetime.combine(last, time.max, zone)
