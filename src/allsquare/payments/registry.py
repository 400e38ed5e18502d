"""From a gateway account to its adapter. Adapters are named in ``ALLSQUARE_GATEWAYS``; none is imported here.

A provider that is no longer installed can do nothing: whoever asks what it can do gets that for an answer, and only
whoever wants something of it an error. So an invoice of which a payment waits there is paid another way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final, Generic, TypeVar, cast

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from allsquare.core.errors import FieldErrors
from allsquare.core.words import shown
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


def is_installed(gateway: str) -> bool:
    return gateway in settings.ALLSQUARE_GATEWAYS


def names_in_news(gateway: str) -> frozenset[str]:
    """Under which names its news says what it is about; none for one that is not installed here (any more)."""
    return adapter_class(gateway).news_names if is_installed(gateway) else frozenset()


def capabilities_of(gateway: str) -> frozenset[Capability]:
    """None where it is not installed any more."""
    return adapter_class(gateway).capabilities if is_installed(gateway) else frozenset()


def label_of(gateway: str) -> str:
    """What people call it; our own name of it where it is not installed any more."""
    return shown(adapter_class(gateway).label) if is_installed(gateway) else gateway


def methods_of(account: GatewayAccount) -> tuple[MethodKind, ...]:
    """The ways to pay that the business chose among those of the provider; all, when it never chose. None where it is
    not installed any more."""
    known = adapter_class(account.gateway).methods if is_installed(account.gateway) else ()
    return known if account.methods is None else tuple(each for each in known if each in account.methods)


def page_life(gateway: str) -> timedelta | None:
    """How long a page of it can be paid on; ``None`` where pages cannot be closed, so that they are waited for."""
    if Capability.CLOSES not in capabilities_of(gateway):
        return None
    return cast(type[ClosingGateway], adapter_class(gateway)).page_life


_Able = TypeVar("_Able")


@dataclass(frozen=True, slots=True)
class Ability(Generic[_Able]):
    """Called with an account, it gives the account's adapter as one that can do this; ``None`` for every other."""

    capability: Capability

    def __call__(self, account: GatewayAccount) -> _Able | None:
        if self.capability not in capabilities_of(account.gateway):
            return None
        return cast(_Able, adapter(account))


#: Payers send money to it by themselves.
awaiting: Final[Ability[AwaitingGateway]] = Ability(Capability.AWAITED)
#: It can be told to forget a saved method.
forgetting: Final[Ability[ForgettingGateway]] = Ability(Capability.FORGETS)
#: Its pages can be closed.
closing: Final[Ability[ClosingGateway]] = Ability(Capability.CLOSES)
#: Payers send money to it at the provider.
taking_transfers: Final[Ability[TransferGateway]] = Ability(Capability.TRANSFERS)
#: Its money we take after its payer agreed.
taking: Final[Ability[TakingGateway]] = Ability(Capability.TAKES)
#: Its fields can stand in a page of ours.
embedding: Final[Ability[EmbeddingGateway]] = Ability(Capability.EMBEDDED)
#: Disputes are answered through it.
taking_evidence: Final[Ability[EvidenceGateway]] = Ability(Capability.EVIDENCE)
#: It has readers in the shop.
in_person: Final[Ability[InPersonGateway]] = Ability(Capability.IN_PERSON)
#: Its news must be asked for.
hinting: Final[Ability[HintingGateway]] = Ability(Capability.HINTS)


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
