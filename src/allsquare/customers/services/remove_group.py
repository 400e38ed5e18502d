"""A group of customers is given up; its customers are in none then."""

from __future__ import annotations

from uuid import UUID

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.customers.errors import GroupInUse, GroupUnknown
from allsquare.customers.models import Customer, CustomerGroup
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require


@retrying
def remove_group(*, organization: Organization, group_id: UUID, actor: Actor) -> int:
    """How many customers were in it. Raises ``GroupUnknown``, and ``GroupInUse`` while a rule speaks of it: what that
    rule then means nobody could guess."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    groups = CustomerGroup.objects.select_for_update().filter(organization=organization, id=group_id)
    group = groups.first()
    if group is None:
        raise GroupUnknown(_("There is no such group of customers."))
    left = Customer.objects.filter(organization=organization, group=group).update(group=None)
    name = group.name
    try:
        group.delete()
    except ProtectedError:
        raise GroupInUse(
            _("A rule speaks of %(name)s. Change or remove that rule first.") % {"name": name}
        ) from None
    news = News("customer_group.removed", "customer_group", group_id, {"name": name, "count": left})
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return left
