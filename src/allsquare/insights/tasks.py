"""Background jobs: ids in, one service call."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from allsquare.insights.services.run_check import run_check


# Below what people wait for.
@app.task(name="insights.check_books", queue="checks", lock="books check", priority=-20)
def check_books(check_id: str) -> None:
    """Ask every proof, and keep the answers."""
    run_check(check_id=UUID(check_id))
