"""An account at a provider is added, with a clearing account in the books for what the provider owes us."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from django.db import IntegrityError
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.services.clearing import open_clearing_account
from allsquare.payments.account_identity import identity_by, require_free
from allsquare.payments.errors import RealMoneyInRehearsal
from allsquare.payments.gateway import Capability
from allsquare.payments.gateway_settings import require_free_label, tidied, tidy_label, tidy_settings
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import ASKS_NOBODY, adapter_class


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

    The provider is asked first which account it is, and may be away: then nobody knows it yet. Raises ``FieldErrors``
    naming what is wrong, ``GatewayUnavailable`` for an unknown provider, ``RealMoneyInRehearsal``,
    ``ProviderAccountTaken``.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    kind = adapter_class(gateway)
    moves_none = {Capability.PRACTICE, *ASKS_NOBODY}
    if organization.rehearsal and not kind.capabilities & moves_none:
        raise RealMoneyInRehearsal(
            _("This is a rehearsal, where no real money moves. Start for real first, then connect %(name)s.")
            % {"name": kind.label}
        )
    same = _same(organization, gateway, label, settings)
    if same is not None:
        return same
    tidy = tidied(organization, kind, label=label, settings=settings)
    speaker = kind(json.loads(tidy.settings))
    wanted = GatewayAccount(
        organization=organization,
        gateway=gateway,
        label=tidy.label,
        settings=tidy.settings,
        enabled=trying or organization.rehearsal or not speaker.practice,
        identity=identity_by(speaker),
        added_at=clock.now(None),
    )
    try:
        return retried(partial(_add, wanted, has_money=not kind.capabilities & ASKS_NOBODY, actor=actor))
    except IntegrityError:
        require_free(organization, gateway, wanted.identity)  # somebody was first in the same moment
        raise


def _add(wanted: GatewayAccount, *, has_money: bool, actor: Actor) -> GatewayAccount:
    organization, gateway, text = wanted.organization, wanted.gateway, wanted.label
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)  # one at a time
    same = GatewayAccount.objects.filter(organization=organization, gateway=gateway, label=text).first()
    if same is not None and same.settings == wanted.settings:
        return same
    require_free_label(organization, text)
    require_free(organization, gateway, wanted.identity)
    wanted.created_at = clock.now(organization)
    wanted.save(force_insert=True)
    if has_money:
        open_clearing_account(organization=organization, gateway_account_id=wanted.id, label=text)
    news = News("gateway_account.added", "gateway_account", wanted.id, {"gateway": gateway, "label": text})
    record(organization_id=organization.id, news=[news], actor=actor, at=wanted.created_at)
    return wanted


def _same(
    organization: Organization, gateway: str, label: str, settings: Mapping[str, str]
) -> GatewayAccount | None:
    """The account that was added in just these words before."""
    try:
        text, kept = tidy_label(label), json.dumps(tidy_settings(adapter_class(gateway), settings))
    except FieldErrors:
        return None
    found = GatewayAccount.objects.filter(organization=organization, gateway=gateway, label=text).first()
    return found if found is not None and found.settings == kept else None
