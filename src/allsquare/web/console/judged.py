"""What the rules found of a payment, in words, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allsquare.payments.selectors import Trace
from allsquare.risk import words
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import Action


@dataclass(frozen=True, slots=True)
class ShownReason:
    text: str
    points: int


@dataclass(frozen=True, slots=True)
class Judged:
    """``done`` is what followed; ``verdict`` what a person said, if one was asked and answered."""

    score: int
    done: str
    reasons: Sequence[ShownReason]
    provider_score: int | None
    verdict: str
    decided_at: datetime | None


def judged_of(trace: Trace, base_currency: str) -> Judged | None:
    """``None`` for a payment that nobody judged: a colleague or the business itself asked for it."""
    row = trace.assessment
    return None if row is None else _shown(row, base_currency)


def _shown(row: RiskAssessment, base_currency: str) -> Judged:
    done = words.ALLOWED if row.is_allowed else words.ACTIONS[Action(row.action)]
    return Judged(
        score=row.score,
        done=str(done),
        reasons=[ShownReason(words.reason(each, base_currency), each["points"]) for each in row.reasons],
        provider_score=row.provider_score,
        verdict=str(RiskAssessment.Verdict(row.verdict).label) if row.verdict else "",
        decided_at=row.decided_at,
    )
