"""A provider is asked about one thing, by the name and key that are known of it, and what it answers goes through the
door. The system does this by itself, for whoever looks at that thing."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.gateway import Capability, Status, Subject
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter, capabilities_of
from allsquare.payments.services.settle import settle


def hear(
    *, organization: Organization, account: GatewayAccount, key: UUID, reference: str, subject: Subject
) -> Status | None:
    """Outside any transaction. ``None`` for silence; that it was never heard of is an answer, and nothing to be taken
    in. Nothing is made, ended or captured there. Raises what ``settle`` raises of an answer that cannot be."""
    require(organization, SYSTEM, Permission.SETTLE)
    if Capability.LOOKUP not in capabilities_of(account.gateway):
        return None
    said = adapter(account).look_up(key=key, reference=reference, subject=subject, act=False)
    if said.status is Status.UNKNOWN:
        return None
    if said.status is not Status.NOT_SENT:
        settle(
            organization=organization, gateway_account=account, outcomes=[said], actor=SYSTEM, current=True
        )
    return said.status
