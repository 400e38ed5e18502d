"""A provider does not accept its keys: a person is asked to enter them anew, and is left alone once they did."""

from __future__ import annotations

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, may, require
from allsquare.payments.attention import KEYS_REFUSED
from allsquare.payments.models import Attention, GatewayAccount

_ABOUT = "gateway_account"


@retrying
def ask_for_keys(*, organization: Organization, account: GatewayAccount, actor: Actor) -> bool:
    """Whether it was news. However many payments are refused, one task is open and one mail is written; it comes up
    again when keys that were entered since are not accepted either."""
    if not may(organization, actor, Permission.PAY):
        require(organization, actor, Permission.SETTLE)
    at = clock.now(organization)
    facts: Data = {"provider": account.label}
    task, is_new = Attention.objects.get_or_create(
        organization=organization,
        kind=KEYS_REFUSED,
        subject_id=account.id,
        defaults={"subject_type": _ABOUT, "data": facts, "created_at": at},
    )
    if not is_new:
        over = Attention.objects.filter(organization=organization, id=task.id, resolved_at__isnull=False)
        is_new = bool(over.update(resolved_at=None, data=facts))
    if is_new:
        news = News("attention.raised", _ABOUT, account.id, {"kind": KEYS_REFUSED, **facts})
        record(organization_id=organization.id, news=[news], actor=SYSTEM, at=at)
    return is_new
