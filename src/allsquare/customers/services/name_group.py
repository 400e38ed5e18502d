"""A group of customers is made, or gets another name."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.checks import storable
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.errors import GroupUnknown
from allsquare.customers.models import CustomerGroup
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

#: Rules and forms show all of them at once.
MOST: Final = 50
LONGEST: Final = 60


@retrying
def name_group(
    *, organization: Organization, name: str, actor: Actor, group_id: UUID | None = None
) -> CustomerGroup:
    """Without ``group_id`` a new one; one of that name that is there already is the answer. Raises ``FieldErrors``,
    ``GroupUnknown``."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    text = _tidy(name)
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # one at a time
    groups = CustomerGroup.objects.filter(organization=organization)
    same = groups.filter(name=text).first()
    if same is not None and group_id in (None, same.id):
        return same
    if same is not None:
        raise FieldErrors({"name": _("There is a group of this name already.")})
    at = clock.now(organization)
    if group_id is None:
        if groups.count() >= MOST:
            raise FieldErrors({"name": _("There are %(n)s groups already. Remove one first.") % {"n": MOST}})
        group = CustomerGroup.objects.create(organization=organization, name=text, created_at=at)
        news = News("customer_group.added", "customer_group", group.id, {"name": text})
    else:
        found = groups.filter(id=group_id).first()
        if found is None:
            raise GroupUnknown(_("There is no such group of customers."))
        group, before = found, found.name
        group.name = text
        group.save(update_fields=["name"])
        news = News("customer_group.renamed", "customer_group", group.id, {"name": text, "before": before})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return group


def _tidy(name: str) -> str:
    text = name.strip()
    try:
        storable(text)
    except InvalidInput as error:
        raise FieldErrors({"name": error.message}) from error
    if not text or len(text) > LONGEST:
        raise FieldErrors({"name": _("Give it a name of at most %(n)s characters.") % {"n": LONGEST}})
    return text
