"""Pure, and reads: what moves a provider's account beside payments, refunds, disputes and payouts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.identity.models import Organization
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.payments.errors import MovementUnknown
from allsquare.payments.models import GatewayAccount, ProviderMovement
from allsquare.payments.registry import ASKS_NOBODY, adapters_with

Kind = ProviderMovement.Kind

#: Booked under these, with the movement as the source; its reversal has the same source.
RECORDED: Final = "movement.recorded"
REVERSED: Final = "movement.reversed"
SOURCE: Final = "provider_movement"

#: Where the other side is booked, if nobody says otherwise.
USUAL: Final[Mapping[str, AccountRole]] = MappingProxyType(
    {
        Kind.FEE: AccountRole.GATEWAY_FEES,
        Kind.SPENT: AccountRole.OTHER,
        Kind.BANK: AccountRole.BANK,
        Kind.EXCHANGE: AccountRole.EXCHANGE,
        Kind.ADJUSTMENT: AccountRole.OTHER,
    }
)
#: Kinds of which only these accounts can be the other side.
ONLY: Final[Mapping[str, frozenset[AccountRole]]] = MappingProxyType(
    {
        Kind.FEE: frozenset({AccountRole.GATEWAY_FEES}),
        Kind.BANK: frozenset({AccountRole.BANK, AccountRole.PAYOUTS_IN_TRANSIT}),
        Kind.EXCHANGE: frozenset({AccountRole.EXCHANGE}),
    }
)


def movement_entry(
    *,
    movement_id: UUID,
    clearing: UUID,
    other: UUID,
    exchange: UUID,
    on: date,
    currency: str,
    amount: int,
    base: int,
    worth: int,
    memo: str,
) -> EntryDraft:
    """The other side gives or takes what the amount is ``worth`` at the rate of its day; on the clearing account it
    moves ``base``, with which it stood there."""
    lines = (
        LineDraft(account=clearing, amount_minor=amount, currency=currency, base_minor=base),
        LineDraft(account=other, amount_minor=-amount, currency=currency, base_minor=-worth),
        LineDraft(account=exchange, amount_minor=0, currency=currency, base_minor=worth - base),
    )
    return EntryDraft(
        kind=RECORDED,
        source_type=SOURCE,
        source_id=movement_id,
        date=on,
        memo=memo,
        lines=tuple(line for line in lines if line.amount_minor or line.base_minor),
    )


def may_move(account: GatewayAccount) -> bool:
    """Not where a person writes money down, or payers send it to our bank: there is no account at a provider."""
    return account.gateway not in adapters_with(*ASKS_NOBODY)


def accounts_that_move(organization: Organization) -> list[GatewayAccount]:
    """By their names, those that are switched off as well."""
    found = GatewayAccount.objects.filter(organization=organization)
    return list(found.exclude(gateway__in=adapters_with(*ASKS_NOBODY)).order_by("label", "id"))


def get_movement(organization: Organization, movement_id: UUID) -> ProviderMovement:
    """With its accounts, what it takes back and what took it back. Raises :class:`MovementUnknown`."""
    beside = ("gateway_account", "account", "reverses", "reversal")
    found = ProviderMovement.objects.filter(organization=organization, id=movement_id)
    movement = found.select_related(*beside).first()
    if movement is None:
        raise MovementUnknown(_("There is no such movement."))
    return movement


def reversal_of(movement: ProviderMovement) -> ProviderMovement | None:
    """What took it back, if anything did."""
    return getattr(movement, "reversal", None)
