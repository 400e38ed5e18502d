"""Time passes in a rehearsal: on its own clock, and on that of its practice provider."""

from __future__ import annotations

import logging
from datetime import timedelta

from allsquare.core.actor import Actor
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.identity.services.move_clock import Stride, move_clock
from allsquare.onboarding import practice
from allsquare.onboarding.errors import PracticeProviderSilent
from allsquare.payments.selectors import account_settings, practice_account

log = logging.getLogger(__name__)


def move_time(*, organization: Organization, stride: Stride, seen: timedelta, actor: Actor) -> timedelta:
    """By how much it moved: see ``move_clock``. Bank debits arrive and payouts leave at the
    provider meanwhile; one that cannot be reached stays behind, which moves no money."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    by = move_clock(organization=organization, stride=stride, seen=seen, actor=actor)
    account = practice_account(organization)
    if by and account is not None and practice.is_at_hand():
        api_key = account_settings(organization, account)["api_key"]
        try:
            practice.ask("POST", "/control/clock", api_key=api_key, seconds=int(by.total_seconds()))
        except PracticeProviderSilent:
            log.warning("the practice provider of organization %s kept its time", organization.id)
    return by
