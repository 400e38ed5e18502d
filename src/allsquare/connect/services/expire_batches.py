"""What became of each row of a batch is kept for three months; the events of the rows stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allsquare.connect.models import Batch
from allsquare.connect.states import UNDER_WAY
from allsquare.core import clock
from allsquare.core.ids import first_id_at

KEPT: Final = timedelta(days=90)


def expire_batches(*, limit: int = 20) -> int:
    """For the worker, which serves every organization; returns how many went. Ids carry the machine's time, and so is
    what they are compared with: the clock of a rehearsal may be months ahead."""
    old = Batch.objects.filter(id__lt=first_id_at(clock.now(None) - KEPT)).exclude(state__in=UNDER_WAY)
    gone = list(old.order_by("id").values_list("id", flat=True)[:limit])
    Batch.objects.filter(id__in=gone).delete()
    return len(gone)
