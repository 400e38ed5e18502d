"""All square: every promise that ``allsquare verify`` asks holds."""

from __future__ import annotations

from django.db import connection

from allsquare.insights.proofs import PROOFS, run


def assert_all_square() -> None:
    """At the end of every flow. The guards that wait for the commit are asked too: a test may never commit."""
    connection.check_constraints()
    broken = {result.proof.name: result.findings for result in run(PROOFS) if not result.holds}
    assert not broken, broken
