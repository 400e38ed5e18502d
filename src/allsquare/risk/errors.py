"""What can be wrong with rules and lists."""

from __future__ import annotations

from allsquare.core.errors import Conflict, FieldErrors, NotFound


class InvalidRules(FieldErrors):
    """A limit, an effect or a number of points that cannot be."""

    code = "invalid_risk_rules"


class InvalidEntry(FieldErrors):
    """Nothing that could stand on a list."""

    code = "invalid_risk_entry"


class EntryUnknown(NotFound):
    """No such entry on the organization's lists."""

    code = "risk_entry_not_found"


class AssessmentUnknown(NotFound):
    """The payment was not judged: a colleague or the business itself asked for it, or it is older than the rules."""

    code = "risk_assessment_not_found"


class ReviewOver(Conflict):
    """Somebody decided already, or nobody was asked."""

    code = "risk_review_over"
