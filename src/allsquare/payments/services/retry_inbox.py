"""A parked webhook is read again: a person has put right what kept it from being digested."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import DeliveryUnknown
from allsquare.payments.models import InboxEvent
from allsquare.payments.states import InboxState


@retrying
def retry_inbox(*, organization: Organization, delivery_id: UUID, actor: Actor) -> InboxEvent:
    """Put a parked delivery back into the queue, with all its tries before it. One that is not parked stays as it
    is, so a repeat changes nothing. Raises :class:`DeliveryUnknown`."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    delivery = (
        InboxEvent.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=delivery_id)
        .first()
    )
    if delivery is None:
        raise DeliveryUnknown(_("There is no such webhook."))
    if delivery.state == InboxState.PARKED:
        delivery.state, delivery.tries, delivery.next_try_at = InboxState.RECEIVED, 0, clock.now(None)
        delivery.save(update_fields=["state", "tries", "next_try_at"])
        news = News(
            "inbox.retried", "inbox_event", delivery.id, {"kind": delivery.kind, "error": delivery.error}
        )
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return delivery
