"""Somebody asks a provider for a time: to compare it with what is known here, or for its news once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock, jobs
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import InquiryRefused
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount, Inquiry
from allsquare.payments.registry import adapter_class
from allsquare.payments.selectors import own_gateway_account
from allsquare.payments.states import INQUIRY_UNDER_WAY
from allsquare.payments.tasks import INQUIRE, inquire

#: The longest time that is asked for at once: a year, and what is left of a day at either end.
LONGEST: Final = timedelta(days=370)
#: No provider here is older; and of the first days of all, as an instant in UTC, neither we nor our database can tell.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_NEEDS: Final = {Inquiry.Kind.COMPARE: Capability.HISTORY, Inquiry.Kind.REPLAY: Capability.REPLAY}


@retrying
def start_inquiry(
    *,
    organization: Organization,
    account_id: UUID,
    kind: Inquiry.Kind,
    begins_at: datetime,
    ends_at: datetime,
    actor: Actor,
    mend: bool = False,
    queued: bool = True,
) -> Inquiry:
    """Done by a job, or (not ``queued``) by the caller. One of the kind that is under way at the account is the answer;
    where whoever was at it has died, a job takes it up. Raises ``GatewayUnknown``, ``InquiryRefused``."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    account = own_gateway_account(organization, account_id)
    now = clock.now(None)
    _check(account, kind, begins_at, ends_at, now)
    # In the order of the account's row, so that of two who press at once one sees the other.
    GatewayAccount.objects.select_for_update(no_key=True).get(organization=organization, id=account.id)
    mine = Inquiry.objects.filter(organization=organization, gateway_account=account, kind=kind)
    earlier = mine.filter(state__in=INQUIRY_UNDER_WAY).first()
    if earlier:
        if queued and not jobs.is_queued(INQUIRE, "inquiry_id", str(earlier.id)):
            inquire.defer(organization_id=str(organization.id), inquiry_id=str(earlier.id))
        return earlier
    new = Inquiry(
        organization=organization,
        gateway_account=account,
        kind=kind,
        begins_at=begins_at,
        ends_at=min(ends_at, now),
        mend=mend,
        place=begins_at,
        asked_by=actor.label,
        asked_at=now,
    )
    new.save(force_insert=True)
    facts: Data = {
        "inquiry": str(new.id),
        "kind": kind,
        "mend": mend,
        "from": begins_at.isoformat(),
        "until": new.ends_at.isoformat(),
    }
    news = News("inquiry.started", "gateway_account", account.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    if queued:
        inquire.defer(organization_id=str(organization.id), inquiry_id=str(new.id))
    return new


def _check(
    account: GatewayAccount, kind: Inquiry.Kind, begins_at: datetime, ends_at: datetime, now: datetime
) -> None:
    if _NEEDS[kind] not in adapter_class(account.gateway).capabilities:
        raise InquiryRefused(_("%(provider)s keeps no list that could be asked for.") % {"provider": account})
    if begins_at >= ends_at:
        raise InquiryRefused(_("The first day must not be after the last one."), field="last")
    if begins_at >= now:
        raise InquiryRefused(_("That day is still to come. Enter today or earlier."), field="first")
    if ends_at - begins_at > LONGEST:
        raise InquiryRefused(_("Ask for a year at most at once."), field="first")
    if begins_at < EARLIEST:
        raise InquiryRefused(
            _("No provider knows anything of a time before %(year)s. Enter a later day.")
            % {"year": EARLIEST.year},
            field="first",
        )
