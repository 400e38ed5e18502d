"""An account at a provider is added, with a clearing account in the books for what the provider owes us."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.services.clearing import open_clearing_account
from allsquare.payments.errors import RealMoneyInRehearsal
from allsquare.payments.gateway import Capability
from allsquare.payments.gateway_settings import require_free_label, tidy_label, tidy_settings
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import ASKS_NOBODY, adapter_class


@retrying
def add_gateway_account(
    *,
    organization: Organization,
    gateway: str,
    label: str,
    settings: Mapping[str, str],
    actor: Actor,
    trying: bool = True,
) -> GatewayAccount:
    """``settings`` follow the adapter's schema; they are stored encrypted and never shown again. The same account
    under the same label again is the one that is there.

    Unless somebody is ``trying``, as demonstrations and rehearsals are, one that moves no real money is added switched
    off: it would pay real invoices.

    Raises ``FieldErrors`` naming what is wrong, ``GatewayUnavailable`` for an unknown provider,
    ``RealMoneyInRehearsal``.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    adapter = adapter_class(gateway)
    moves_none = {Capability.PRACTICE, *ASKS_NOBODY}
    if organization.rehearsal and not adapter.capabilities & moves_none:
        raise RealMoneyInRehearsal(
            _("This is a rehearsal, where no real money moves. Start for real first, then connect %(name)s.")
            % {"name": adapter.label}
        )
    tidied = tidy_settings(adapter, settings)
    kept = json.dumps(tidied)
    is_on = trying or organization.rehearsal or not adapter(tidied).practice
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # one at a time
    text = tidy_label(label)
    same = GatewayAccount.objects.filter(organization=organization, gateway=gateway, label=text).first()
    if same is not None and same.settings == kept:
        return same
    require_free_label(organization, text)
    at = clock.now(organization)
    account = GatewayAccount.objects.create(
        organization=organization,
        gateway=gateway,
        label=text,
        settings=kept,
        created_at=at,
        enabled=is_on,
        added_at=clock.now(None),
    )
    if not adapter.capabilities & ASKS_NOBODY:
        open_clearing_account(organization=organization, gateway_account_id=account.id, label=text)
    news = News("gateway_account.added", "gateway_account", account.id, {"gateway": gateway, "label": text})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return account
