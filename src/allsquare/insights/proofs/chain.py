"""I4: the event chain verifies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext_lazy as _

from allsquare.core.sealer import verify_chain
from allsquare.identity.selectors import organizations
from allsquare.insights.proofs.proof import NAMED, Finding, Proof


def _broken() -> Iterator[Finding]:
    for organization in organizations():
        problems = list(islice(verify_chain(organization.id), NAMED + 1))
        for problem in problems[:NAMED]:
            yield Finding(
                str(organization.id), str(problem.event_id or ""), {"problem": problem.text}, len(problems)
            )


CHAIN = (
    Proof(
        "event_chain",
        "I4",
        _("No event was edited, removed or slipped in after it was sealed."),
        "event",
        _("The event log is not what was sealed: %(problem)s."),
        _broken,
        proves=("event_seal.sequence", "event_chain.sequence"),
    ),
)
