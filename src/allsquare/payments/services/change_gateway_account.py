"""Label and settings of an account at a provider are changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import GatewayUnknown
from allsquare.payments.gateway_settings import secrets_of, tidied, with_secrets
from allsquare.payments.keys import keys_are_in
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter_class


@retrying
def change_gateway_account(
    *,
    organization: Organization,
    account_id: UUID,
    label: str,
    settings: Mapping[str, str],
    actor: Actor,
    methods: Sequence[str] | None = None,
) -> GatewayAccount:
    """A secret that is left empty stays as it is, since nobody is shown it to type it again. ``methods`` are the ways
    to pay to offer; ``None`` leaves them. The event names the settings that changed, never their values.

    Raises ``GatewayUnknown`` and ``FieldErrors``.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    account = (
        GatewayAccount.objects.select_for_update(no_key=True)
        .filter(organization=organization, id=account_id)
        .first()
    )
    if account is None:
        raise GatewayUnknown(_("There is no such payment provider."))
    adapter = adapter_class(account.gateway)
    before: dict[str, str] = json.loads(account.settings)
    given = with_secrets(adapter, before, settings)
    wanted = tidied(organization, adapter, label=label, settings=given, methods=methods, but=account)
    text, after = wanted.label, json.loads(wanted.settings)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if text != account.label:
        changed.append("label")
    offered = account.methods if wanted.methods is None else wanted.methods
    if offered != account.methods:
        changed.append("methods")
    if not changed:
        return account
    account.label, account.settings, account.methods = text, wanted.settings, offered
    account.save(update_fields=["label", "settings", "methods"])
    facts: dict[str, object] = {"gateway": account.gateway, "label": text, "fields": changed}
    news = [News("gateway_account.changed", "gateway_account", account.id, facts)]
    if secrets_of(adapter) & set(changed):
        news += keys_are_in(organization, account)
    record(organization_id=organization.id, news=news, actor=actor, at=clock.now(organization))
    return account
