"""Accounts that move no real money, outside a rehearsal: tried out for a while, and a task says so all that time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from allsquare.core.actor import SYSTEM
from allsquare.core.events import News
from allsquare.identity.models import Organization
from allsquare.payments.attention import PRACTICE_IS_ON
from allsquare.payments.models import Attention, GatewayAccount
from allsquare.payments.registry import is_practice
from allsquare.payments.resolving import resolve
from allsquare.payments.services.raise_attention import raise_attention


def is_tried(organization: Organization, account: GatewayAccount) -> bool:
    """Would it pay real invoices with no money?"""
    return not organization.rehearsal and is_practice(account)


def remind(organization: Organization, account: GatewayAccount, at: datetime) -> None:
    """``account`` was switched on at ``at``. Inside the caller's transaction."""
    if is_tried(organization, account):
        raise_attention(
            organization=organization,
            kind=PRACTICE_IS_ON,
            subject=("gateway_trial", _trial(account.id, at)),
            data={"provider": account.label, "account": str(account.id)},
            actor=SYSTEM,
        )


def end(organization: Organization, account: GatewayAccount, at: datetime) -> list[News]:
    """It is off again, or moves real money now. Inside the caller's transaction, who records what is returned."""
    tasks = Attention.objects.filter(
        organization=organization, kind=PRACTICE_IS_ON, data__account=str(account.id), resolved_at=None
    )
    return resolve(tasks, at=at)


def _trial(account_id: UUID, at: datetime) -> UUID:
    """The subject of its task: the next time that it is switched on is another one."""
    return uuid5(account_id, f"tried {at.isoformat()}")
