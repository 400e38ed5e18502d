"""Keys of providers: which are there, and when nobody need look any more at those that were not accepted."""

from __future__ import annotations

from allsquare.core import clock
from allsquare.core.events import News
from allsquare.identity.models import Organization
from allsquare.payments.attention import KEYS_REFUSED
from allsquare.payments.gateway_settings import secrets_of
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter_class
from allsquare.payments.resolving import resolve, still_open
from allsquare.payments.selectors import account_settings


def stored_secrets(organization: Organization, account: GatewayAccount) -> frozenset[str]:
    """Names of those that are there. Nobody is shown what they are."""
    given = account_settings(organization, account)
    return frozenset(name for name in secrets_of(adapter_class(account.gateway)) if given.get(name))


def keys_are_in(organization: Organization, account: GatewayAccount) -> list[News]:
    """They were entered anew, or are accepted. Inside the caller's transaction, who records what is returned."""
    return resolve(still_open(organization, account.id, KEYS_REFUSED), at=clock.now(organization))
