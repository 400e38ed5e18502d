"""Do an account's settings work? The provider is asked once, outside any transaction, and no money moves."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.account_identity import identity_by, keep
from allsquare.payments.gateway import Checkup
from allsquare.payments.keys import keys_are_in
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter
from allsquare.payments.selectors import own_gateway_account


def check_gateway_account(*, organization: Organization, account_id: UUID, actor: Actor) -> Checkup:
    """Raises ``GatewayUnknown``; what the network or the provider does is part of the answer."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    account = own_gateway_account(organization, account_id)
    speaker = adapter(account)
    found = replace(speaker.check(), practice=speaker.practice)
    facts: dict[str, object] = {"label": account.label, "works": found.works, "text": found.message}
    if found.works and account.identity is None:
        keep(account, identity_by(speaker))
    if found.practice:
        facts["practice"] = True
    _tell(
        organization,
        account,
        News("gateway_account.checked", "gateway_account", account.id, facts),
        found,
        actor,
    )
    return found


@retrying
def _tell(
    organization: Organization, account: GatewayAccount, news: News, found: Checkup, actor: Actor
) -> None:
    over = keys_are_in(organization, account) if found.works else []
    record(organization_id=organization.id, news=[news, *over], actor=actor, at=clock.now(organization))
