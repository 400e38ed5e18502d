"""Background jobs: ids in, one service call."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.retry import RetryStrategy

from allsquare.connect.services.run_batch import run_batch
from allsquare.connect.services.run_export import run_export
from allsquare.identity.selectors import get_organization


@app.task(
    name="connect.write_export", queue="exports", retry=RetryStrategy(max_attempts=5, exponential_wait=5)
)
def write_export(organization_id: str, export_id: str) -> None:
    """Write an export to its end, or until somebody stops it."""
    run_export(organization=get_organization(UUID(organization_id)), export_id=UUID(export_id))


# Below what people wait for.
@app.task(
    name="connect.do_batch",
    queue="batches",
    priority=-15,
    retry=RetryStrategy(max_attempts=5, exponential_wait=5),
)
def do_batch(organization_id: str, batch_id: str) -> None:
    """Do what waits in a batch, row by row, to its end or until somebody stops it."""
    run_batch(organization=get_organization(UUID(organization_id)), batch_id=UUID(batch_id))
