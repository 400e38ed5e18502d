"""Readers for cards in the shop, as their providers list them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, Q, QuerySet, Subquery

from allsquare.billing.models import Invoice
from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import Capability, MethodKind
from allsquare.payments.gateway_abilities import NewsUnavailable, Reader
from allsquare.payments.models import GatewayAccount, PartTerms
from allsquare.payments.registry import adapters_with, capabilities_of, in_person
from allsquare.payments.wish import not_offered


@dataclass(frozen=True, slots=True)
class Counter:
    """An account with its readers; ``trouble`` says why they are not known."""

    account: GatewayAccount
    readers: Sequence[Reader]
    trouble: str = ""


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
    account = _accounts(organization).filter(id=account_id).first()
    speaker = in_person(account) if account else None
    if speaker is None:
        raise not_offered()
    try:
        return speaker.readers()
    except NewsUnavailable as silent:
        raise GatewayUnavailable(shown(str(silent))) from silent


def can_tip(account: GatewayAccount) -> bool:
    """Can its readers ask for a tip?"""
    return Capability.TIPS in capabilities_of(account.gateway)


def can_keep(account: GatewayAccount) -> bool:
    """Can its provider keep a card that is held to one of them?"""
    return Capability.KEEPS_AT_READERS in capabilities_of(account.gateway)


def terms_beside(organization: Organization, invoice: Invoice) -> tuple[bool, bool]:
    """May the invoice be paid in parts (``payments.parts``), and are there readers? For a page that asks both: one
    query."""
    agreed = PartTerms.objects.filter(organization=organization, invoice=invoice)
    found = Organization.objects.filter(id=organization.id).annotate(
        own_parts=Subquery(agreed.values("allowed")[:1]), has_readers=Exists(_accounts(organization))
    )
    own, has_readers = found.values_list("own_parts", "has_readers").get()
    return (organization.part_payments if own is None else own), has_readers


def _accounts(organization: Organization) -> QuerySet[GatewayAccount]:
    """Those that may be asked for money now, and take cards."""
    return GatewayAccount.objects.filter(
        Q(methods__isnull=True) | Q(methods__contains=[MethodKind.CARD]),
        organization=organization,
        enabled=True,
        unknown_since__isnull=True,
        gateway__in=adapters_with(Capability.IN_PERSON),
    ).order_by("id")
