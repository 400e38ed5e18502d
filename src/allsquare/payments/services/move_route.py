"""A rule is asked before or after its neighbour."""

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


@retrying
def move_route(*, organization: Organization, route_id: UUID, place: int, actor: Actor) -> PaymentRoute:
    """To ``place``, counted from 0; past an end it stays at that end. So a repeat changes nothing. Raises
    ``RouteUnknown``."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # one at a time
    order = list(PaymentRoute.objects.filter(organization=organization).order_by("place", "id"))
    route = next((each for each in order if each.id == route_id), None)
    if route is None:
        raise RouteUnknown(_("There is no such rule."))
    before = order.index(route)
    order.remove(route)
    order.insert(min(max(place, 0), len(order)), route)
    changed = [each for number, each in enumerate(order) if each.place != number]
    for number, each in enumerate(order):
        each.place = number
    PaymentRoute.objects.bulk_update(changed, ["place"])
    after = order.index(route)
    if after != before:
        news = News("payment_route.moved", "payment_route", route.id, {"from": before + 1, "to": after + 1})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return route
