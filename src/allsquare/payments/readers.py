"""Readers for cards in the shop, as their providers list them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import Capability, MethodKind, NewsUnavailable, Reader
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapters_with, in_person, methods_of
from allsquare.payments.wish import not_offered


@dataclass(frozen=True, slots=True)
class Counter:
    """An account with its readers; ``trouble`` says why they are not known."""

    account: GatewayAccount
    readers: Sequence[Reader]
    trouble: str = ""


def takes_cards_here(organization: Organization) -> bool:
    """Has the business an account with readers? Asks no provider."""
    return bool(_accounts(organization))


def counters(organization: Organization) -> list[Counter]:
    """Every account with readers. Asks each provider, so not in a transaction."""
    found = []
    for account in _accounts(organization):
        try:
            found.append(Counter(account, readers_of(organization, account.id)))
        except GatewayUnavailable as silent:
            found.append(Counter(account, (), silent.message))
    return found


def readers_of(organization: Organization, account_id: UUID) -> Sequence[Reader]:
    """Those of one account. Asks its provider. Raises :class:`GatewayUnavailable`."""
    account = next((each for each in _accounts(organization) if each.id == account_id), None)
    speaker = in_person(account) if account else None
    if speaker is None:
        raise not_offered()
    try:
        return speaker.readers()
    except NewsUnavailable as silent:
        raise GatewayUnavailable(shown(str(silent))) from silent


def _accounts(organization: Organization) -> list[GatewayAccount]:
    """Those that may be asked for money now, and take cards."""
    found = GatewayAccount.objects.filter(
        organization=organization,
        enabled=True,
        unknown_since__isnull=True,
        gateway__in=adapters_with(Capability.IN_PERSON),
    )
    return [account for account in found.order_by("id") if MethodKind.CARD in methods_of(account)]
