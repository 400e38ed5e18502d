"""An organization says which roles need a second factor."""

from __future__ import annotations

from collections.abc import Collection

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.identity.roles import Role


@retrying
def require_second_factor(
    *, organization: Organization, roles: Collection[Role], actor: Actor
) -> Organization:
    """Members in these roles without one are led to set it up before anything else, from their next request on."""
    require(organization, actor, Permission.MANAGE_PEOPLE)
    wanted = {Role(role).value for role in roles}
    locked = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    chosen = [role.value for role in Role if role.value in wanted]
    if locked.second_factor_roles == chosen:
        return locked
    locked.second_factor_roles = chosen
    locked.save(update_fields=["second_factor_roles"])
    news = News("organization.second_factor_required", "organization", organization.id, {"roles": chosen})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return locked
