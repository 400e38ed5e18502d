"""Which account at a provider an account here leads to. Each is here once, and stays what it is: at another one nobody
knows the payments that were made with it, and would say that they were never sent."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.errors import FieldErrors
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.attention import ACCOUNT_TWICE
from allsquare.payments.errors import KeysOfAnother, ProviderAccountTaken
from allsquare.payments.gateway import Capability, Gateway, Status, Subject
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.registry import ASKS_NOBODY, adapter
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.states import PaymentState

#: The name of the constraint that lets each account at a provider be here once.
ONCE: Final = "gateway_account_identity_once"


def identity_by(speaker: Gateway) -> str | None:
    """Asks the provider, so never inside a transaction. ``None`` where it does not say, or there is none."""
    return None if speaker.capabilities & ASKS_NOBODY else (speaker.identity() or None)


def identity_of(account: GatewayAccount) -> str | None:
    """As it is known; asked for where it is not. ``None`` too for settings that are not understood any more."""
    if account.identity:
        return account.identity
    try:
        return identity_by(adapter(account))
    except FieldErrors:
        return None


def knows_what_was_paid(account: GatewayAccount, speaker: Gateway) -> bool:
    """Does whoever ``speaker`` speaks for know the newest payment that came in by ``account``, in its name and sum?
    Then it is the same account, also where the keys that are stored do not work any more. Asks the provider, so never
    inside a transaction."""
    came = Payment.objects.filter(
        organization=account.organization, gateway_account=account, state=PaymentState.SUCCEEDED
    )
    payment = came.exclude(reference=None).exclude(reference="").order_by("-id").first()
    if payment is None or not payment.reference or Capability.LOOKUP not in speaker.capabilities:
        return False
    attempt = PaymentAttempt.objects.filter(organization=account.organization, payment=payment).latest(
        "number"
    )
    said = speaker.look_up(key=attempt.id, reference=payment.reference, subject=Subject.CHARGE, act=False)
    paid = Money(payment.captured_minor, currency(payment.currency))
    return (said.status, said.reference, said.amount) == (Status.SUCCEEDED, payment.reference, paid)


class Change(Enum):
    """What a change of settings may do to whom they lead to."""

    NOTHING = 0
    ADDRESS = 1  # of a server that stands in for the provider: with the same keys it is most likely the same account
    KEYS = 2


def change_of(adapter_of: type[Gateway], before: Mapping[str, str], after: Mapping[str, str]) -> Change:
    changed = [each for each in adapter_of.settings_schema if before.get(each.name) != after.get(each.name)]
    if any(field.leads for field in changed):
        return Change.KEYS
    return Change.ADDRESS if any(field.address for field in changed) else Change.NOTHING


def require_free(
    organization: Organization, gateway: str, identity: str | None, *, but: GatewayAccount | None = None
) -> None:
    """Raises :class:`ProviderAccountTaken` when another account of the installation than ``but`` leads there."""
    if not identity:
        return
    others = GatewayAccount.objects.filter(gateway=gateway, identity=identity)
    other = (others.exclude(id=but.id) if but else others).first()
    if other is None:
        return
    if other.organization_id == organization.id:
        raise ProviderAccountTaken(
            _(
                "These are keys of the account that is here as “%(name)s” already. Use that one: payments and payouts "
                "would be heard of twice."
            )
            % {"name": other.label}
        )
    raise ProviderAccountTaken(
        _(
            "Another organization of this installation uses this account at the provider. Open one of your own there: "
            "payouts would be booked by both."
        )
    )


def may_be_another(known: str | None, identity: str | None, change: Change) -> bool:
    """The settings lead to ``identity`` from now on, where ``known`` was before."""
    if change is Change.NOTHING or (known and known == identity):
        return False
    return change is Change.KEYS or bool(known and identity)


def require_same(account: GatewayAccount, known: str | None, identity: str | None, change: Change) -> None:
    """The settings of ``account`` lead to ``identity`` from now on, where ``known`` was before. Raises
    :class:`KeysOfAnother` unless it surely is the same, or nothing was paid with it yet."""
    if not may_be_another(known, identity, change):
        return
    if not Payment.objects.filter(organization=account.organization, gateway_account=account).exists():
        return
    if known and identity:
        raise KeysOfAnother(
            _(
                "These are keys of another account at the provider, which does not know the payments that were made "
                "with this one. Add it as a provider of its own, and switch this one off."
            )
        )
    if identity:
        raise KeysOfAnother(
            _(
                "The stored keys do not work any more, these do not know the last payment that came in, and so nobody "
                "can say whether they are of the same account. Add these as a provider of its own, and switch this one "
                "off."
            )
        )
    raise KeysOfAnother(
        _(
            "The provider does not say whose keys these are, and payments were made with this account. Look whether "
            "they are right and may read the account, and try again when the provider answers."
        )
    )


def keep(account: GatewayAccount, identity: str | None) -> None:
    """What was found of an account whose settings stay as they are. One that is here twice already stays unnamed, and a
    person is told: its provider was away when it was added, or an older version added it. Outside any transaction."""
    if not identity or account.identity == identity:
        return
    mine = GatewayAccount.objects.filter(organization=account.organization, id=account.id, identity=None)
    try:
        with transaction.atomic():
            row = mine.select_for_update(no_key=True).first()
            if row is not None and row.settings == account.settings:
                mine.update(identity=identity)
    except IntegrityError:
        raise_attention(
            organization=account.organization,
            kind=ACCOUNT_TWICE,
            subject=("gateway_account", account.id),
            data={"provider": account.label},
            actor=SYSTEM,
        )
