"""Accounts at banks to which payers are asked to send money, beside the one that invoices print."""

from __future__ import annotations

from dataclasses import dataclass

from allsquare.core.transfers import spaced
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapters_with, awaiting


@dataclass(frozen=True, slots=True)
class Differing:
    """The payment page of ``account`` asks payers to send to ``asked``, where invoices print ``printed``."""

    account: GatewayAccount
    asked: str
    printed: str


def differing_accounts(organization: Organization) -> list[Differing]:
    """Those that are open, oldest first; none as long as invoices print no IBAN."""
    if not organization.iban:
        return []
    accounts = GatewayAccount.objects.filter(
        organization=organization, enabled=True, gateway__in=adapters_with(Capability.AWAITED)
    ).order_by("created_at", "id")
    told = [(account, speaker.account.iban) for account in accounts if (speaker := awaiting(account))]
    return [
        Differing(account, spaced(iban), spaced(organization.iban))
        for account, iban in told
        if iban and iban != organization.iban
    ]
