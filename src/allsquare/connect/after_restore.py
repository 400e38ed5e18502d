"""A restore stops the batches that were under way: since the backup they went on, and nobody knows how far."""

from __future__ import annotations

from datetime import datetime

from allsquare.connect.models import Batch
from allsquare.connect.states import UNDER_WAY, BatchState


def stop_batches(_taken_at: datetime) -> None:
    """Called in the transaction that ends the restore, for all organizations. A person lets them go on."""
    Batch.objects.filter(state__in=UNDER_WAY).update(state=BatchState.STOPPED)
