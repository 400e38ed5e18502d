"""Whose the money in a payout is. Another shop may use an account at a provider, or another organization here: its
charges, refunds and disputes are in our payouts, and none of them is in our books.

Surely not ours is what the provider lists line by line, says what each is, and is of no charge, refund or dispute that
is known here; and an earlier payout that comes back and is not known either: it is from before the account was added.
A payout that is not listed, or a line of which nothing is said, is ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from allsquare.identity.models import Organization
from allsquare.payments.gateway import ItemKind
from allsquare.payments.models import Dispute, GatewayAccount, Payment, Payout, Refund

#: What belongs to whoever took the charge that it is about.
OBJECTS: Final = frozenset({ItemKind.CHARGE, ItemKind.REFUND, ItemKind.DISPUTE})


@dataclass(frozen=True, slots=True)
class Others:
    """What of a sum, and of the fee that was taken off it, is of others."""

    net: int = 0
    fee: int = 0

    def __bool__(self) -> bool:
        return bool(self.net or self.fee)

    def __add__(self, more: Others) -> Others:
        return Others(self.net + more.net, self.fee + more.fee)

    def __sub__(self, less: Others) -> Others:
        return Others(self.net - less.net, self.fee - less.fee)


NOBODY: Final = Others()


@dataclass(frozen=True, slots=True)
class CameBack:
    """An earlier payout, whose sum a later one brings again: of it the same part is of others."""

    net: int
    others: int


def of_others(
    kind: str,
    about: str,
    reference: str,
    item: Others,
    *,
    ours: Collection[str],
    earlier: Mapping[str, CameBack],
    dated: bool,
) -> Others:
    """Pure. What of one line is of others; ``item`` is all of it. ``ours`` are names of charges, refunds and disputes,
    and ``earlier`` are payouts by their names. One that brings another sum than it had says nothing of whose it is.
    Where the account is ``dated``, what it paid out since it was added is known here, or will be: one that is not is
    from before."""
    if kind == ItemKind.ELSEWHERE or (kind in OBJECTS and about not in ours):
        return item
    if kind == ItemKind.PAYOUT:
        found = earlier.get(reference)
        if found is None:
            return Others(item.net) if dated else NOBODY
        return Others(found.others) if found.net == item.net else NOBODY
    return NOBODY


def known_names(organization: Organization, account_id: UUID, names: Collection[str]) -> set[str]:
    """Which of ``names`` are of charges, refunds and disputes of ours at this kind of provider: its account may have
    been connected anew here, and what was taken before is ours as well."""
    if not names:
        return set()
    accounts = _alike(organization, account_id)
    payments = Payment.objects.filter(
        organization=organization, gateway_account__in=accounts, reference__in=names
    ).values_list("reference", flat=True)
    refunds = Refund.objects.filter(
        organization=organization, payment__gateway_account__in=accounts, reference__in=names
    ).values_list("reference", flat=True)
    disputes = Dispute.objects.filter(
        organization=organization, payment__gateway_account__in=accounts, reference__in=names
    ).values_list("reference", flat=True)
    return {name for found in (payments, refunds, disputes) for name in found if name}


def returned_payouts(
    organization: Organization, account_id: UUID, names: Collection[str]
) -> dict[str, CameBack]:
    """By name, as each was sent last; where the account was connected anew here, those from before that as well."""
    if not names:
        return {}
    found = Payout.objects.filter(
        organization=organization, gateway_account__in=_alike(organization, account_id), reference__in=names
    ).order_by("sending")
    rows = found.values_list("gateway_account", "reference", "net_minor", "others_minor")
    its_own_last = sorted(rows, key=lambda row: row[0] == account_id)
    return {name: CameBack(net, others) for _account, name, net, others in its_own_last}


def _alike(organization: Organization, account_id: UUID) -> list[UUID]:
    """Accounts at this kind of provider."""
    this = GatewayAccount.objects.filter(organization=organization, id=account_id)
    like = GatewayAccount.objects.filter(organization=organization, gateway__in=this.values("gateway"))
    return list(like.values_list("id", flat=True))
