"""The books are to be checked: because somebody asks, or because it is night."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.insights.models import BooksCheck
from allsquare.insights.plan import is_due
from allsquare.insights.proofs import PROOFS
from allsquare.insights.states import UNDER_WAY, CheckState
from allsquare.insights.tasks import check_books

#: After this a check that never ended is given up, so that there can be another.
_LONGEST: Final = timedelta(hours=6)


@transaction.atomic
def start_check(*, organization: Organization, actor: Actor) -> BooksCheck:
    """Queue a check. One that is under way already, whoever asked for it, is the answer, and nothing changes."""
    require(organization, actor, Permission.VIEW_BOOKS)
    check, is_new = _queue()
    if is_new:
        news = News("books.check_started", "books_check", check.id)
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return check


@transaction.atomic
def start_nightly_check() -> int:
    """Queue one if a night has begun since the last; returns how many were queued. The system does this by itself."""
    last = BooksCheck.objects.order_by("-id").values_list("asked_at", flat=True).first()
    if not is_due(last=last, now=clock.now(None)):
        return 0
    return int(_queue()[1])


def _queue() -> tuple[BooksCheck, bool]:
    """The database lets one be under way at a time."""
    dead = BooksCheck.objects.filter(state__in=UNDER_WAY, asked_at__lt=clock.now(None) - _LONGEST)
    dead.update(state=CheckState.FAILED, error="abandoned", finished_at=clock.now(None))
    new = BooksCheck(proofs_all=len(PROOFS), asked_at=clock.now(None))
    BooksCheck.objects.bulk_create([new], ignore_conflicts=True)
    check = BooksCheck.objects.filter(state__in=UNDER_WAY).order_by("-id").first() or new
    if check.id != new.id:
        return check, False
    check_books.defer(check_id=str(new.id))
    return new, True
