"""All square: every promise that ``allsquare verify`` asks holds."""

from __future__ import annotations

from django.db import connection

from allsquare.core.sealer import seal
from allsquare.insights.proofs import PROOFS, run
from tests.log import log_is_readable


def assert_all_square() -> None:
    """At the end of every flow. The guards that wait for the commit are asked too: a test may never commit.

    What is committed is sealed before, or no event would stand in the chain that is verified. Events of a test that
    never commits cannot be: nobody reads what a running transaction wrote."""
    connection.check_constraints()
    if not connection.in_atomic_block:
        log_is_readable()
        while seal():
            pass
    broken = {result.proof.name: result.findings for result in run(PROOFS) if not result.holds}
    assert not broken, broken
