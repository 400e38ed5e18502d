"""From a gateway account to its adapter. Adapters are named in ``ALLSQUARE_GATEWAYS``; none is imported here."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import Gateway
from allsquare.payments.models import GatewayAccount


def adapter_class(gateway: str) -> type[Gateway]:
    """Raises :class:`GatewayUnavailable` for a name that is not registered."""
    dotted = settings.ALLSQUARE_GATEWAYS.get(gateway)
    if dotted is None:
        raise GatewayUnavailable(
            _("The payment provider “%(provider)s” is not installed here.") % {"provider": gateway}
        )
    return cast(type[Gateway], import_string(dotted))


def adapter_names() -> list[str]:
    """Of every provider that is installed here."""
    return sorted(settings.ALLSQUARE_GATEWAYS)


def adapter(account: GatewayAccount) -> Gateway:
    """The adapter that speaks for ``account``; reused, with its connections, while its settings stay the same."""
    return _made(adapter_class(account.gateway), account.settings)


@lru_cache(maxsize=256)
def _made(adapter_of: type[Gateway], settings_json: str) -> Gateway:
    return adapter_of(json.loads(settings_json))
