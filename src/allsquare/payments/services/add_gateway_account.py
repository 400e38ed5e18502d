"""An account at a provider is added, with a clearing account in the books for what the provider owes us."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.services.clearing import open_clearing_account
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter_class


@transaction.atomic
def add_gateway_account(
    *, organization: Organization, gateway: str, label: str, settings: Mapping[str, str], actor: Actor
) -> GatewayAccount:
    """``settings`` follow the adapter's schema; they are stored encrypted and never shown again.

    Raises ``FieldErrors`` naming what is missing, ``GatewayUnavailable`` for an unknown provider.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    adapter = adapter_class(gateway)
    missing = {
        field.name: _("%(field)s is needed.") % {"field": field.label}
        for field in adapter.settings_schema
        if field.required and not settings.get(field.name)
    }
    if missing:
        raise FieldErrors(missing)
    at = clock.now(organization)
    account = GatewayAccount.objects.create(
        organization=organization,
        gateway=gateway,
        label=label,
        settings=json.dumps(dict(settings)),
        created_at=at,
    )
    if Capability.RECORDED not in adapter.capabilities:
        open_clearing_account(organization=organization, gateway_account_id=account.id, label=label)
    news = News("gateway_account.added", "gateway_account", account.id, {"gateway": gateway, "label": label})
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return account
