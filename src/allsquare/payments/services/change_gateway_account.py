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
from allsquare.payments import trying
from allsquare.payments.errors import GatewayUnknown
from allsquare.payments.gateway_settings import require_free_label, tidy_label, tidy_methods, tidy_settings
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter_class, is_practice


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
    to pay to offer; ``None`` leaves them. With keys of a test mode it is switched off, outside a rehearsal. The event
    names the settings that changed, never their values.

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
    secrets = {field.name for field in adapter.settings_schema if field.secret}
    kept = {name: value for name, value in before.items() if name in secrets and not settings.get(name)}
    after = tidy_settings(adapter, {**settings, **kept})
    text = tidy_label(label)
    require_free_label(organization, text, but=account)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if text != account.label:
        changed.append("label")
    offered = account.methods if methods is None else tidy_methods(adapter, methods)
    if offered != account.methods:
        changed.append("methods")
    if not changed:
        return account
    was_practice = is_practice(account)
    account.label, account.settings, account.methods = text, json.dumps(after), offered
    if account.enabled and not was_practice and trying.is_tried(organization, account):
        account.enabled = False
        changed.append("enabled")
    account.save(update_fields=["label", "settings", "methods", "enabled"])
    facts: dict[str, object] = {"gateway": account.gateway, "label": text, "fields": changed}
    news = News("gateway_account.changed", "gateway_account", account.id, facts)
    at = clock.now(organization)
    ended = trying.end(organization, account, at) if was_practice and not is_practice(account) else []
    record(organization_id=organization.id, news=[news, *ended], actor=actor, at=at)
    return account
