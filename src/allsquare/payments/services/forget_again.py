"""A colleague lets a provider be told once more to keep a removed method no longer."""

from __future__ import annotations

from uuid import UUID

from allsquare.core.actor import Actor
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.saved import get_method
from allsquare.payments.services.forget_method import forget_method


def forget_again(*, organization: Organization, customer_id: UUID, method_id: UUID, actor: Actor) -> bool:
    """At once, outside any transaction; does the provider keep it no longer? What it refuses is a task again. Raises
    ``MethodUnknown``, and ``GatewayUnavailable`` when it did not answer."""
    require(organization, actor, Permission.MANAGE_METHODS)
    method = get_method(organization, customer_id, method_id)
    return forget_method(organization=organization, method_id=method.id)
