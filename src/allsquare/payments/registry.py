"""From a gateway account to its adapter. Adapters are named in ``ALLSQUARE_GATEWAYS``; none is imported here."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import lru_cache
from typing import Final, cast

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from allsquare.core.errors import FieldErrors
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import Capability, Gateway, MethodKind
from allsquare.payments.gateway_abilities import (
    AwaitingGateway,
    ClosingGateway,
    EmbeddingGateway,
    EvidenceGateway,
    ForgettingGateway,
    HintingGateway,
    InPersonGateway,
    TakingGateway,
    TransferGateway,
)
from allsquare.payments.models import GatewayAccount

#: Money comes without any provider being asked for it: a person writes it down, or the payer sends it.
ASKS_NOBODY: Final = frozenset({Capability.RECORDED, Capability.AWAITED})


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


def adapters_with(*capabilities: Capability) -> frozenset[str]:
    """The names of those that have one of them."""
    return frozenset(name for name in adapter_names() if adapter_class(name).capabilities & {*capabilities})


def methods_of(account: GatewayAccount) -> tuple[MethodKind, ...]:
    """The ways to pay that the business chose among those of the provider; all, when it never chose."""
    known = adapter_class(account.gateway).methods
    return known if account.methods is None else tuple(each for each in known if each in account.methods)


def awaiting(account: GatewayAccount) -> AwaitingGateway | None:
    """The adapter of an account to which payers send money by themselves; ``None`` for every other."""
    speaker = adapter(account)
    return cast(AwaitingGateway, speaker) if Capability.AWAITED in speaker.capabilities else None


def forgetting(account: GatewayAccount) -> ForgettingGateway | None:
    """The adapter of an account that can be told to forget a saved method; ``None`` for every other."""
    speaker = adapter(account)
    return cast(ForgettingGateway, speaker) if Capability.FORGETS in speaker.capabilities else None


def closing(account: GatewayAccount) -> ClosingGateway | None:
    """The adapter of an account whose pages can be closed; ``None`` for every other."""
    speaker = adapter(account)
    return cast(ClosingGateway, speaker) if Capability.CLOSES in speaker.capabilities else None


def taking_transfers(account: GatewayAccount) -> TransferGateway | None:
    """The adapter of an account to which payers send money at the provider; ``None`` for every other."""
    speaker = adapter(account)
    return cast(TransferGateway, speaker) if Capability.TRANSFERS in speaker.capabilities else None


def taking(account: GatewayAccount) -> TakingGateway | None:
    """The adapter of an account whose money we take after its payer agreed; ``None`` for every other."""
    speaker = adapter(account)
    return cast(TakingGateway, speaker) if Capability.TAKES in speaker.capabilities else None


def page_life(gateway: str) -> timedelta | None:
    """How long a page of it can be paid on; ``None`` where pages cannot be closed, so that they are waited for."""
    speaker = adapter_class(gateway)
    return (
        cast(type[ClosingGateway], speaker).page_life if Capability.CLOSES in speaker.capabilities else None
    )


def embedding(account: GatewayAccount) -> EmbeddingGateway | None:
    """The adapter of an account whose fields can stand in a page of ours; ``None`` for every other."""
    speaker = adapter(account)
    return cast(EmbeddingGateway, speaker) if Capability.EMBEDDED in speaker.capabilities else None


def taking_evidence(account: GatewayAccount) -> EvidenceGateway | None:
    """The adapter of an account through which disputes are answered; ``None`` for every other."""
    speaker = adapter(account)
    return cast(EvidenceGateway, speaker) if Capability.EVIDENCE in speaker.capabilities else None


def in_person(account: GatewayAccount) -> InPersonGateway | None:
    """The adapter of an account with readers in the shop; ``None`` for every other."""
    speaker = adapter(account)
    return cast(InPersonGateway, speaker) if Capability.IN_PERSON in speaker.capabilities else None


def hinting(account: GatewayAccount) -> HintingGateway | None:
    """The adapter of an account whose news must be asked for; ``None`` for every other."""
    speaker = adapter(account)
    return cast(HintingGateway, speaker) if Capability.HINTS in speaker.capabilities else None


def adapter(account: GatewayAccount) -> Gateway:
    """The adapter that speaks for ``account``; reused, with its connections, while its settings stay the same."""
    return _made(adapter_class(account.gateway), account.settings)


def is_practice(account: GatewayAccount) -> bool:
    """Is it at a provider that moves no real money, or of its test mode? Nobody says so of one that is not installed
    here any more, or whose settings are not understood any more."""
    try:
        return adapter(account).practice
    except (GatewayUnavailable, FieldErrors):
        return False


@lru_cache(maxsize=256)
def _made(adapter_of: type[Gateway], settings_json: str) -> Gateway:
    return adapter_of(json.loads(settings_json))
