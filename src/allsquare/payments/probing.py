"""Whose turn an attempt is, as its transaction finds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.payments.health import Turn, pause_after, turn_of
from allsquare.payments.models import GatewayAccount

#: Above this the pause no longer grows, and the number has no more to say.
_MOST_COUNTED: Final = 1000


def take_turn(organization: Organization, candidates: Sequence[GatewayAccount]) -> Turn:
    """Of ``candidates``, the first in the route's order. Where that is a probe of one that is down, it is ours alone:
    it is claimed by moving the next one, inside the caller's transaction. Asks the database only then."""
    now = clock.now(None)
    turn = turn_of(candidates, now)
    if not turn.probing or _claim(organization, turn.account):
        return turn
    return turn_of(candidates, now, may_probe=False)


def _claim(organization: Organization, account: GatewayAccount) -> bool:
    """Somebody else's claim is not waited for."""
    now = clock.now(None)
    due = GatewayAccount.objects.select_for_update(skip_locked=True, no_key=True).filter(
        organization=organization, id=account.id, down_since__isnull=False, probe_at__lte=now
    )
    row = due.first()
    if row is None:
        return False
    row.probes = min(row.probes + 1, _MOST_COUNTED)
    row.probe_at = now + pause_after(row.probes)
    row.save(update_fields=["probes", "probe_at"])
    return True
