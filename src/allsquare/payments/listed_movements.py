"""Reading what a provider lists as movements, and the books do not have."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from allsquare.identity.models import Organization
from allsquare.payments.errors import MovementUnknown
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount, ListedMovement, ProviderMovement
from allsquare.payments.registry import adapters_with

#: Of one account so many are shown; the others follow when these are taken in.
MOST: Final = 200


def lists_movements(account: GatewayAccount) -> bool:
    return account.gateway in adapters_with(Capability.MOVEMENTS)


def unrecorded(organization: Organization, account: GatewayAccount) -> list[ListedMovement]:
    """Oldest first. What was taken back is among them again."""
    found = _unrecorded(organization).filter(gateway_account=account)
    return list(found.order_by("moved_on", "id")[:MOST])


def _unrecorded(organization: Organization) -> QuerySet[ListedMovement]:
    listed = ListedMovement.objects.filter(organization=organization, left_at__isnull=True)
    return listed.filter(~Exists(_standing(organization)))


def _standing(organization: Organization) -> QuerySet[ProviderMovement]:
    """What is recorded under the reference, and not taken back."""
    taken_back = ProviderMovement.objects.filter(organization=organization, reverses_id=OuterRef("id"))
    return ProviderMovement.objects.filter(
        ~Exists(taken_back),
        organization=organization,
        gateway_account_id=OuterRef("gateway_account_id"),
        reference=OuterRef("reference"),
    )


def get_listed(organization: Organization, listed_id: UUID) -> ListedMovement:
    """Raises :class:`MovementUnknown`."""
    found = ListedMovement.objects.filter(organization=organization, id=listed_id)
    movement = found.select_related("gateway_account").first()
    if movement is None:
        raise MovementUnknown(_("There is no such movement."))
    return movement


def recorded_as(organization: Organization, listed: ListedMovement) -> ProviderMovement | None:
    """The movement that stands under its reference."""
    same = ProviderMovement.objects.filter(
        organization=organization,
        gateway_account_id=listed.gateway_account_id,
        reference=listed.reference,
        reversal__isnull=True,
    )
    return same.order_by("-turn").first()
