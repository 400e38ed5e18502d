"""An organization is made, with its owner."""

from __future__ import annotations

from typing import Unpack

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.details import OrganizationDetails, check
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role


@retrying
def create_organization(
    *,
    name: str,
    country: str,
    base_currency: str,
    time_zone: str,
    language: str,
    owner: Person,
    actor: Actor,
    **details: Unpack[OrganizationDetails],
) -> Organization:
    """Its books are opened by the caller: the ledger stands above this room.

    Nobody has a role in what does not exist yet, so the system may make one for anybody and a person for
    themselves. Raises ``FieldErrors`` and ``PermissionDenied``.
    """
    own = actor.kind is ActorKind.PERSON and actor.id == str(owner.id)
    if not own and actor.kind is not ActorKind.SYSTEM:
        raise PermissionDenied(_("You can make an organization for yourself only."))
    organization = Organization(
        name=name,
        country=country,
        base_currency=base_currency,
        time_zone=time_zone,
        language=language,
        created_at=clock.now(None),
        **details,
    )
    check(organization)
    organization.created_at = clock.now(organization)
    organization.save(force_insert=True)
    Membership.objects.create(
        organization=organization, person=owner, role=Role.OWNER, created_at=organization.created_at
    )
    facts: dict[str, object] = {"name": organization.name, "owner": str(owner.id)}
    news = News("organization.created", "organization", organization.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=organization.created_at)
    return organization
