"""A provider is asked what else moved its account; what it lists waits for a person to take it in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, cast
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.errors import MovementsUnlisted
from allsquare.payments.gateway_abilities import (
    HistoryUnavailable,
    MovementGateway,
)
from allsquare.payments.gateway_abilities import (
    ListedMovement as Listed,
)
from allsquare.payments.inquiries import whole_days
from allsquare.payments.listed_movements import lists_movements
from allsquare.payments.models import GatewayAccount, ListedMovement
from allsquare.payments.registry import adapter
from allsquare.payments.selectors import own_gateway_account

#: Days that can be asked for at once: somebody waits for the answer.
MOST_DAYS: Final = 92


def list_movements(
    *, organization: Organization, gateway_account_id: UUID, first: date, last: date, actor: Actor
) -> int:
    """Ask for what moved the account from ``first`` to ``last``, both inclusive; returns how many were not listed
    before. Repeats change nothing. Raises ``GatewayUnknown``, ``FieldErrors``, :class:`MovementsUnlisted`."""
    require(organization, actor, Permission.POST_JOURNAL)
    account = own_gateway_account(organization, gateway_account_id)
    _check(organization, account, first, last)
    begins_at, ends_at = whole_days(organization, first, last)
    speaker = cast(MovementGateway, adapter(account))
    try:
        found = [each for each in speaker.movements(begins_at, ends_at) if each.amount.minor]
    except HistoryUnavailable as problem:
        raise MovementsUnlisted(
            _("%(label)s does not say now what moved the account. Ask again in a while.")
            % {"label": account.label},
            detail=str(problem),
        ) from problem
    return retried(lambda: _keep(organization, account, found, actor))


def _check(organization: Organization, account: GatewayAccount, first: date, last: date) -> None:
    if not lists_movements(account):
        raise MovementsUnlisted(
            _("%(label)s does not list what moves its account. Record it by hand.") % {"label": account.label}
        )
    if last < first:
        raise FieldErrors({"last": _("The last day is the first one or a later one.")})
    if first > clock.today(organization):
        raise FieldErrors({"first": _("That day is still to come.")})
    if (last - first) >= timedelta(days=MOST_DAYS):
        raise FieldErrors({"last": _("Ask for at most %(days)s days at once.") % {"days": MOST_DAYS}})


def _keep(organization: Organization, account: GatewayAccount, found: list[Listed], actor: Actor) -> int:
    at = clock.now(organization)
    mine = ListedMovement.objects.filter(organization=organization, gateway_account=account)
    before = mine.count()
    rows = [
        ListedMovement(
            organization=organization,
            gateway_account=account,
            reference=each.reference,
            kind=each.kind,
            currency=each.amount.currency.code,
            amount_minor=each.amount.minor,
            moved_on=clock.local(organization, each.happened_at).date(),
            text=each.text,
            listed_at=at,
        )
        for each in found
    ]
    ListedMovement.objects.bulk_create(rows, ignore_conflicts=True)
    new = mine.count() - before
    facts: dict[str, object] = {"label": account.label, "listed": len(found), "new": new}
    news = News("movements.listed", "gateway_account", account.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return new
