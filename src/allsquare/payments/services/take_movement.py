"""A movement that the provider lists is taken into the books, as a person decides."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.listed_movements import get_listed, recorded_as
from allsquare.payments.models import ProviderMovement
from allsquare.payments.services.record_movement import record_movement


def take_movement(*, organization: Organization, listed_id: UUID, actor: Actor) -> ProviderMovement:
    """Recorded against the usual account of its kind. What is recorded already stays as it is, and is returned. Raises
    ``MovementUnknown``, and as :func:`record_movement` does."""
    require(organization, actor, Permission.POST_JOURNAL)
    listed = get_listed(organization, listed_id)
    standing = recorded_as(organization, listed)
    if standing is not None:
        return standing
    times = ProviderMovement.objects.filter(
        organization=organization,
        gateway_account_id=listed.gateway_account_id,
        reference=listed.reference,
    ).count()
    return record_movement(
        organization=organization,
        gateway_account_id=listed.gateway_account_id,
        amount=Money(listed.amount_minor, currency(listed.currency)),
        moved_on=listed.moved_on,
        kind=listed.kind,
        memo=listed.text,
        reference=listed.reference,
        source=ProviderMovement.Source.PROVIDER,
        key=f"listed:{listed.id}:{times}",
        actor=actor,
    )
