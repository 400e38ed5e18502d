"""A provider does not accept its keys: a person is asked to enter them anew, and is left alone once they did."""

from __future__ import annotations

from allsquare.core.actor import SYSTEM, Actor
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, may, require
from allsquare.payments.attention import KEYS_REFUSED
from allsquare.payments.models import GatewayAccount
from allsquare.payments.services.raise_again import raise_again


def ask_for_keys(*, organization: Organization, account: GatewayAccount, actor: Actor) -> bool:
    """Whether it was news. However many payments are refused, one task is open and one mail is written; it comes up
    again when keys that were entered since are not accepted either."""
    if not may(organization, actor, Permission.PAY):
        require(organization, actor, Permission.SETTLE)
    return raise_again(
        organization=organization,
        kind=KEYS_REFUSED,
        subject=("gateway_account", account.id),
        data={"provider": account.label},
        actor=SYSTEM,
    )
