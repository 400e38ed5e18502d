"""Do an account's settings work? The provider is asked once, outside any transaction, and no money moves."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.gateway import Checkup
from allsquare.payments.registry import adapter
from allsquare.payments.selectors import own_gateway_account
from allsquare.payments.whose_keys import identity_by, keep


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
    news = News("gateway_account.checked", "gateway_account", account.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return found
