"""What an organization says of itself is changed."""

from __future__ import annotations

from typing import Unpack

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.details import OrganizationChanges, check
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def change_organization(
    *, organization: Organization, actor: Actor, **changes: Unpack[OrganizationChanges]
) -> tuple[str, ...]:
    """Change the fields given; returns the names of those that are different now. Asking twice changes nothing.

    ``organization`` itself has the new values afterwards. Issued documents keep what they were frozen with, and the
    base currency is the books' own (``ledger.services.change_base_currency``). Raises ``FieldErrors``.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    row = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    check(row)
    changed = tuple(name for name in changes if getattr(row, name) != before[name])
    for name in changes:
        setattr(organization, name, getattr(row, name))
    if not changed:
        return ()
    row.save(update_fields=changed)
    facts: dict[str, object] = {"fields": list(changed), "before": {name: before[name] for name in changed}}
    news = News("organization.changed", "organization", organization.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(row))
    return changed
