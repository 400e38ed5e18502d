"""I4: the event chain verifies."""

from __future__ import annotations

from collections.abc import Iterator

from allsquare.core.sealer import verify_chain
from allsquare.identity.selectors import organizations
from allsquare.insights.proofs.proof import Finding, Proof


def _broken() -> Iterator[Finding]:
    for organization in organizations():
        for problem in verify_chain(organization.id):
            yield Finding(str(organization.id), str(problem.event_id), problem.text)


CHAIN = (
    Proof("event_chain", "I4", "No event was edited, removed or slipped in after it was sealed.", _broken),
)
