"""Label and settings of an account at a provider are changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import IntegrityError

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments import trying
from allsquare.payments.account_identity import (
    Change,
    change_of,
    identity_by,
    identity_of,
    knows_what_was_paid,
    may_be_another,
    require_free,
    require_same,
)
from allsquare.payments.gateway_settings import require_free_label, secrets_of, tidied, with_secrets
from allsquare.payments.keys import keys_are_in
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter_class, is_practice
from allsquare.payments.selectors import own_gateway_account


@dataclass(frozen=True, slots=True)
class _Wanted:
    """``identity`` is whom the settings ``after`` lead to, and ``known`` whom those did that were read ``before``."""

    label: str
    before: str
    after: Mapping[str, str]
    methods: Sequence[str] | None
    change: Change
    known: str | None
    identity: str | None


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

    Where keys change, the provider is asked first whose they are. Raises ``GatewayUnknown``, ``FieldErrors``, and
    ``KeysOfAnother`` and ``ProviderAccountTaken`` for those of another account.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    while True:
        account = own_gateway_account(organization, account_id)
        wanted = _wanted(organization, account, label, settings, methods)
        try:
            changed = retried(partial(_change, organization, account_id, wanted, actor))
        except IntegrityError:
            require_free(organization, account.gateway, wanted.identity, but=account)  # in the same moment
            raise
        if changed is not None:
            return changed


def _wanted(
    organization: Organization,
    account: GatewayAccount,
    label: str,
    settings: Mapping[str, str],
    methods: Sequence[str] | None,
) -> _Wanted:
    """Outside any transaction."""
    kind = adapter_class(account.gateway)
    before: dict[str, str] = json.loads(account.settings)
    given = with_secrets(kind, before, settings)
    tidy = tidied(organization, kind, label=label, settings=given, methods=methods, but=account)
    after: dict[str, str] = json.loads(tidy.settings)
    change = change_of(kind, before, after)
    known = identity = account.identity
    if change is not Change.NOTHING:
        speaker = kind(after)
        known, identity = identity_of(account), identity_by(speaker)
        if known is None and identity and knows_what_was_paid(account, speaker):
            known = identity
    if change is Change.ADDRESS:
        identity = identity or known
    return _Wanted(tidy.label, account.settings, after, tidy.methods, change, known, identity)


def _change(
    organization: Organization, account_id: UUID, wanted: _Wanted, actor: Actor
) -> GatewayAccount | None:
    """``None`` when somebody else changed the settings meanwhile."""
    account = GatewayAccount.objects.select_for_update(no_key=True).get(
        organization=organization, id=account_id
    )
    if account.settings != wanted.before:
        return None
    require_free_label(organization, wanted.label, but=account)
    require_same(account, wanted.known, wanted.identity, wanted.change)
    require_free(organization, account.gateway, wanted.identity, but=account)
    changed = _fields(account, wanted)
    if not changed:
        return account
    was_practice = is_practice(account)
    account.label, account.settings = wanted.label, json.dumps(wanted.after)
    # What another one did before is none of ours.
    if may_be_another(wanted.known, wanted.identity, wanted.change):
        account.added_at, account.history_until = clock.now(None), None
    account.identity = wanted.identity
    if wanted.methods is not None:
        account.methods = list(wanted.methods)
    if account.enabled and not was_practice and trying.is_tried(organization, account):
        account.enabled = False
        changed.append("enabled")
    account.save(
        update_fields=["label", "settings", "methods", "enabled", "identity", "added_at", "history_until"]
    )
    facts: dict[str, object] = {"gateway": account.gateway, "label": account.label, "fields": changed}
    news = News("gateway_account.changed", "gateway_account", account.id, facts)
    at = clock.now(organization)
    ended = trying.end(organization, account, at) if was_practice and not is_practice(account) else []
    if secrets_of(adapter_class(account.gateway)) & set(changed):
        ended += keys_are_in(organization, account)
    record(organization_id=organization.id, news=[news, *ended], actor=actor, at=at)
    return account


def _fields(account: GatewayAccount, wanted: _Wanted) -> list[str]:
    """What is changed, by name."""
    before: dict[str, str] = json.loads(account.settings)
    names = before.keys() | wanted.after.keys()
    changed = sorted(name for name in names if before.get(name) != wanted.after.get(name))
    if wanted.label != account.label:
        changed.append("label")
    if wanted.methods is not None and list(wanted.methods) != account.methods:
        changed.append("methods")
    return changed
