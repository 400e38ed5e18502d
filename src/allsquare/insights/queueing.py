"""At most one check of the books is under way; whoever asks meanwhile is shown that one."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allsquare.core import clock
from allsquare.insights.models import BooksCheck
from allsquare.insights.proofs import PROOFS
from allsquare.insights.states import UNDER_WAY, CheckState
from allsquare.insights.tasks import check_books

#: After this a check that never ended is given up, so that there can be another.
_LONGEST: Final = timedelta(hours=6)


def queue_check() -> tuple[BooksCheck, bool]:
    """The check that is under way, and whether it is a new one. Inside the caller's transaction."""
    dead = BooksCheck.objects.filter(state__in=UNDER_WAY, asked_at__lt=clock.now(None) - _LONGEST)
    dead.update(state=CheckState.FAILED, error="abandoned", finished_at=clock.now(None))
    new = BooksCheck(proofs_all=len(PROOFS), asked_at=clock.now(None))
    BooksCheck.objects.bulk_create([new], ignore_conflicts=True)  # the database lets one be under way
    check = BooksCheck.objects.filter(state__in=UNDER_WAY).order_by("-id").first() or new
    if check.id != new.id:
        return check, False
    check_books.defer(check_id=str(new.id))
    return new, True
