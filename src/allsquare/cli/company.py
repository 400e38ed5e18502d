"""Setting up an organization whole: the services of several packages in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from allsquare.cli.stack import Stack
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization, Person
from allsquare.identity.services.create_organization import create_organization
from allsquare.ledger.services.open_books import open_books
from allsquare.payments.models import GatewayAccount
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.tax.services.add_rate import add_rate


@dataclass(frozen=True, slots=True)
class SandboxGateway:
    """An organization's account at the sandbox, and the key with which a rehearsal plays the payer there."""

    account: GatewayAccount
    api_key: str


@transaction.atomic
def set_up_organization(
    *, owner: Person, rates: Mapping[str, str], rates_from: date, **facts: Any
) -> Organization:
    """``rates`` maps a tax category to its percentage, valid from ``rates_from``; ``facts`` are those of
    ``create_organization``. Money that comes by hand can be recorded at once."""
    organization = create_organization(owner=owner, actor=SYSTEM, **facts)
    open_books(organization=organization, actor=SYSTEM)
    for category, percent in rates.items():
        add_rate(
            organization=organization,
            name=f"VAT {percent} %",
            country=organization.country,
            category=category,
            percent=Decimal(percent),
            valid_from=rates_from,
            actor=SYSTEM,
        )
    add_gateway_account(
        organization=organization, gateway="offline", label="Recorded by hand", settings={}, actor=SYSTEM
    )
    return organization


def connect_sandbox(running: Stack, organization: Organization, **settings: Any) -> SandboxGateway:
    """Open an account at the sandbox, add it here, and tell the sandbox where its webhooks go."""
    opened = running.sandbox("POST", "/v1/accounts", name=organization.name, **settings)
    account = add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label="Sandbox",
        settings={
            "base_url": running.sandbox_url,
            "api_key": opened["api_key"],
            "webhook_secret": opened["webhook_secret"],
        },
        actor=SYSTEM,
    )
    hook = f"{running.base_url}/hooks/sandbox/{account.id}/"
    running.sandbox("PATCH", "/v1/account", api_key=opened["api_key"], webhook_url=hook)
    return SandboxGateway(account=account, api_key=opened["api_key"])
