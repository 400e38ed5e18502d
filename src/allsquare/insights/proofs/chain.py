"""I4: the event chain verifies.

To hash every event takes minutes where there are millions, so a usual check hashes a part of them, another one each
day; whether a seal or an event is missing, or one was slipped in, it asks of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from allsquare.core import clock
from allsquare.core.sealer import ChainProblem, verify_chain
from allsquare.identity.selectors import organizations
from allsquare.insights.proofs.proof import NAMED, Finding, Proof


def _part(organization_id: UUID) -> Iterator[ChainProblem]:
    return verify_chain(organization_id, night=clock.now(None).toordinal())


def _broken(problems_of: Callable[[UUID], Iterator[ChainProblem]]) -> Callable[[], Iterator[Finding]]:
    def find() -> Iterator[Finding]:
        for organization in organizations():
            problems = list(islice(problems_of(organization.id), NAMED + 1))
            for problem in problems[:NAMED]:
                yield Finding(
                    str(organization.id),
                    str(problem.event_id or ""),
                    {"problem": problem.text},
                    len(problems),
                )

    return find


_UNBROKEN = Proof(
    "event_chain",
    "I4",
    _(
        "No event was removed or slipped in after it was sealed, and none was edited: asked of the newest and of a "
        "thirtieth of the others, another one each day."
    ),
    "event",
    _("The event log is not what was sealed: %(problem)s."),
    _broken(_part),
    proves=("event_seal.sequence", "event_chain.sequence"),
)
CHAIN = (_UNBROKEN,)
#: The same question to every event, however long that takes.
WHOLE_CHAIN = (
    replace(
        _UNBROKEN,
        promise=_("No event was edited, removed or slipped in after it was sealed."),
        find=_broken(verify_chain),
    ),
)
