"""A restore holds the accounts at providers: money moves through none that was not asked what happened since.

Nor does any money move by itself through another one meanwhile: what would be charged or taken there may have been paid
at the one that was not asked yet.
"""

from __future__ import annotations

from datetime import datetime

from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter_names, adapters_with

#: Whoever sends news or keeps a list may know of payments that the backup does not.
_KNOWS_MORE = frozenset({Capability.HISTORY, Capability.WEBHOOKS})


def hold_accounts(taken_at: datetime) -> None:
    """Called in the transaction that ends the restore, for all organizations."""
    GatewayAccount.objects.filter(gateway__in=adapters_with(*_KNOWS_MORE)).update(unknown_since=taken_at)


def somebody_is_to_be_asked(organization: Organization) -> bool:
    """Is there a provider in use that was not asked yet? One that is switched off is asked too, and not waited for."""
    held = GatewayAccount.objects.filter(
        organization=organization, enabled=True, unknown_since__isnull=False, gateway__in=adapter_names()
    )
    return held.exists()
