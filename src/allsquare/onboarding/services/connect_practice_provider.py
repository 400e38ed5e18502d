"""A rehearsal gets an account at the practice provider, so that its customers can pay."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.core.actor import Actor
from allsquare.identity.errors import NotInRehearsal
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.onboarding import practice
from allsquare.onboarding.errors import NoPracticeProvider
from allsquare.payments.models import GatewayAccount
from allsquare.payments.selectors import account_settings, practice_account
from allsquare.payments.services.add_gateway_account import add_gateway_account


def connect_practice_provider(*, organization: Organization, actor: Actor) -> GatewayAccount:
    """The account, made on the first call; a call that broke off half-way is taken up again. The provider is spoken
    to outside any transaction. Raises ``NotInRehearsal``, ``NoPracticeProvider``, ``PracticeProviderSilent``."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    if not organization.rehearsal:
        raise NotInRehearsal(_("Only a rehearsal takes practice money."))
    if not practice.is_at_hand():
        raise NoPracticeProvider(_("This installation runs no practice provider. Record payments by hand."))
    account = practice_account(organization) or _opened(organization, actor)
    practice.ask(
        "PATCH",
        "/v1/account",
        api_key=account_settings(organization, account)["api_key"],
        webhook_url=f"{settings.ALLSQUARE_SANDBOX_HOOKS}/hooks/{account.gateway}/{account.id}/",
    )
    return account


def _opened(organization: Organization, actor: Actor) -> GatewayAccount:
    opened = practice.ask("POST", "/v1/accounts", name=organization.name)
    return add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label=_("Practice provider"),
        settings={
            "base_url": settings.ALLSQUARE_SANDBOX_URL,
            "api_key": opened["api_key"],
            "webhook_secret": opened["webhook_secret"],
        },
        actor=actor,
    )
