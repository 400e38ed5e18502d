"""The account at the sandbox with which a rehearsal takes money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allsquare.cli.stack import Stack
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from allsquare.payments.services.add_gateway_account import add_gateway_account


@dataclass(frozen=True, slots=True)
class SandboxGateway:
    """An organization's account at the sandbox, and the key with which a rehearsal plays the payer there."""

    account: GatewayAccount
    api_key: str


def connect_sandbox(
    running: Stack, organization: Organization, *, label: str = "Sandbox", **settings: Any
) -> SandboxGateway:
    """Open an account at the sandbox, add it here as ``label``, and tell the sandbox where its webhooks go."""
    opened = running.sandbox("POST", "/v1/accounts", name=organization.name, **settings)
    account = add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label=label,
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
