"""One of a customer's saved methods comes first from now on."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require, require_own
from allsquare.payments.errors import MethodUnknown
from allsquare.payments.models import DefaultMethod, PaymentMethod
from allsquare.payments.saved import facts_of, get_method


@retrying
def set_default_method(
    *, organization: Organization, customer_id: UUID, method_id: UUID, actor: Actor
) -> PaymentMethod:
    """It stands first on the pay page, and is what is charged by itself. Raises ``MethodUnknown``, also for one that
    was removed."""
    require(organization, actor, Permission.MANAGE_METHODS)
    require_own(actor, customer_id)
    method = get_method(organization, customer_id, method_id)
    if method.removed_at is not None:
        raise MethodUnknown(_("There is no such saved payment method."))
    row, made = DefaultMethod.objects.get_or_create(
        organization=organization, customer_id=customer_id, defaults={"method": method}
    )
    if not made and row.method_id == method.id:
        return method
    row.method = method
    row.save(update_fields=["method"])
    news = News("payment_method.made_default", "customer", customer_id, facts_of(method))
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return method
