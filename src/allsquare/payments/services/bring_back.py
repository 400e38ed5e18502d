"""A probe was answered: its account takes new attempts again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, may, require
from allsquare.payments.attention import GATEWAY_BACK, GATEWAY_DOWN
from allsquare.payments.health import outage
from allsquare.payments.models import GatewayAccount
from allsquare.payments.resolving import still_open
from allsquare.payments.services.hasten_checks import hasten_checks
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.services.resolve_attention import resolve_attention


@retrying
def bring_back(*, organization: Organization, account_id: UUID, actor: Actor) -> bool:
    """Whether it was down. The task of the outage is done by itself, and whoever was told of it is told once that it is
    over; and what is unknown there is asked about soon. Repeats change nothing."""
    if not may(organization, actor, Permission.PAY):
        require(organization, actor, Permission.SETTLE)
    account = GatewayAccount.objects.select_for_update(no_key=True).get(
        organization=organization, id=account_id
    )
    since = account.down_since
    if since is None:
        return False
    account.down_since, account.probe_at, account.up_since = None, None, clock.now(None)
    account.save(update_fields=["down_since", "probe_at", "up_since"])
    minutes = max(1, round((account.up_since - since) / timedelta(minutes=1)))
    facts: Data = {"gateway": account.gateway, "label": account.label, "minutes": minutes}
    news = News("gateway_account.back", "gateway_account", account.id, facts)
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(organization))
    subject = outage(account.id, since)
    raise_attention(
        organization=organization,
        kind=GATEWAY_BACK,
        subject=("gateway_outage", subject),
        data={"provider": account.label, "number": minutes, "account": str(account.id)},
        actor=SYSTEM,
    )
    for task in still_open(organization, subject, GATEWAY_DOWN, GATEWAY_BACK).order_by("id"):
        resolve_attention(organization=organization, task_id=task.id, actor=SYSTEM)
    hasten_checks(organization=organization, account_id=account.id)
    return True
