"""A rule for who takes which payments is given up."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import RouteUnknown
from allsquare.payments.models import PaymentRoute
from allsquare.payments.offers import facts_of


@retrying
def remove_route(*, organization: Organization, route_id: UUID, actor: Actor) -> None:
    """The rules after it are asked instead. Raises ``RouteUnknown``."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # one at a time
    found = PaymentRoute.objects.filter(organization=organization, id=route_id).first()
    if found is None:
        raise RouteUnknown(_("There is no such rule."))
    facts = facts_of(found)
    found.delete()
    news = News("payment_route.removed", "payment_route", route_id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
