"""A restore holds the accounts at providers: money moves through none that was not asked what happened since."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter_class

#: Whoever sends news or keeps a list may know of payments that the backup does not.
_KNOWS_MORE = frozenset({Capability.HISTORY, Capability.WEBHOOKS})


def hold_accounts(taken_at: datetime) -> None:
    """Called in the transaction that ends the restore, for all organizations."""
    held = [name for name in settings.ALLSQUARE_GATEWAYS if adapter_class(name).capabilities & _KNOWS_MORE]
    GatewayAccount.objects.filter(gateway__in=held).update(unknown_since=taken_at)
