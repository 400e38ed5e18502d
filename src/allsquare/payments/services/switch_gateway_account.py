"""An account at a provider is switched off for new payments, or on again."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments import trying
from allsquare.payments.errors import GatewayUnknown
from allsquare.payments.models import GatewayAccount


@retrying
def switch_gateway_account(
    *, organization: Organization, account_id: UUID, enabled: bool, actor: Actor
) -> GatewayAccount:
    """What became of older payments is heard all the same, and they can be given back. One that moves no real money
    outside a rehearsal is a task while it is on. Asking twice changes nothing. Raises ``GatewayUnknown``."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    account = (
        GatewayAccount.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=account_id)
        .first()
    )
    if account is None:
        raise GatewayUnknown(_("There is no such payment provider."))
    if account.enabled == enabled:
        return account
    account.enabled = enabled
    account.save(update_fields=["enabled"])
    kind = "gateway_account.switched_on" if enabled else "gateway_account.switched_off"
    news = News(kind, "gateway_account", account.id, {"gateway": account.gateway, "label": account.label})
    at = clock.now(organization)
    ended = [] if enabled else trying.end(organization, account, at)
    record(organization_id=organization.id, news=[news, *ended], actor=actor, at=at)
    if enabled:
        trying.remind(organization, account, at)
    return account
