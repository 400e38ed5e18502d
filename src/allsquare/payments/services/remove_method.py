"""A saved method is used no longer, and its provider is told to forget it."""

from __future__ import annotations

from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require, require_own
from allsquare.payments.gateway import Capability
from allsquare.payments.models import DefaultMethod, PaymentMethod
from allsquare.payments.registry import adapters_with
from allsquare.payments.saved import facts_of, get_method
from allsquare.payments.tasks import forget


@retrying
def remove_method(
    *, organization: Organization, customer_id: UUID, method_id: UUID, actor: Actor
) -> PaymentMethod:
    """At once here; at the provider by a job, which is tried until it answers. A payment that is under way with it goes
    on. Asking twice changes nothing. Raises ``MethodUnknown``."""
    require(organization, actor, Permission.MANAGE_METHODS)
    require_own(actor, customer_id)
    method = get_method(organization, customer_id, method_id)
    at = clock.now(organization)
    mine = PaymentMethod.objects.filter(organization=organization, id=method.id, removed_at__isnull=True)
    if not mine.update(removed_at=at):
        return method
    method.removed_at = at
    DefaultMethod.objects.filter(organization=organization, customer_id=customer_id, method=method).delete()
    news = News("payment_method.removed", "customer", customer_id, facts_of(method))
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    if method.gateway_account.gateway in adapters_with(Capability.FORGETS):
        forget.defer(organization_id=str(organization.id), method_id=str(method.id))
    return method
