"""A movement at a provider that was recorded by mistake is taken back by its opposite; the first one stays."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying, serialize
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.memos import of_reversal
from allsquare.ledger.services.reverse import reverse
from allsquare.payments.errors import NoWayBack
from allsquare.payments.models import ProviderMovement
from allsquare.payments.movements import RECORDED, REVERSED, get_movement, reversal_of


@retrying
def reverse_movement(*, organization: Organization, movement_id: UUID, actor: Actor) -> ProviderMovement:
    """From today it is as if it had not been recorded. Returns what takes it back, which is made once however often
    this is asked. Raises ``MovementUnknown``, :class:`NoWayBack`."""
    require(organization, actor, Permission.POST_JOURNAL)
    serialize(f"payouts {get_movement(organization, movement_id).gateway_account_id}")
    movement = get_movement(organization, movement_id)
    made = reversal_of(movement)
    if made is not None:
        return made
    if movement.reverses_id is not None:
        raise NoWayBack(_("This takes back another movement. Record that one once more instead."))
    at, today = clock.now(organization), clock.today(organization)
    reverse(organization=organization, entries=[(movement.id, RECORDED)], kind=REVERSED, on=today, at=at)
    opposite = ProviderMovement.objects.create(
        organization=organization,
        gateway_account=movement.gateway_account,
        account=movement.account,
        kind=movement.kind,
        currency=movement.currency,
        amount_minor=-movement.amount_minor,
        base_minor=-movement.base_minor,
        moved_on=today,
        memo=of_reversal(movement.memo, language=organization.language)[:200],
        reverses=movement,
        created_at=at,
    )
    facts: dict[str, object] = {
        "amount_minor": movement.amount_minor,
        "currency": movement.currency,
        "label": movement.gateway_account.label,
        "memo": movement.memo,
    }
    news = News("movement.reversed", "provider_movement", movement.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return opposite
